#include "inet_diag/tcp_socket.hh"

#include <arpa/inet.h>
#include <libmnl/libmnl.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <netinet/tcp.h>

#include <array>
#include <stdexcept>

#include "inet/dump.hh"

namespace inet_diag {
namespace {

using RequestBuffer = std::array<char, 256>;

// A connection request not yet acknowledged is TCP_NEW_SYN_RECV inside the kernel, which dumps it under
// TCP_SYN_RECV.
constexpr uint32_t kAwaitedStates = 1u << TCP_ESTABLISHED | 1u << TCP_SYN_RECV | 1u << TCP_FIN_WAIT1 |
                                    1u << TCP_FIN_WAIT2 | 1u << TCP_CLOSE_WAIT | 1u << TCP_LAST_ACK |
                                    1u << TCP_CLOSING;

// idiag_timer of a stub (inet_timewait_sock), whatever state it stands for.
constexpr uint8_t kTimerTimeWait = 3;

// "sport >= first and sport <= last". The operand of a port comparison is the `no` field of a second
// operation.
std::array<inet_diag_bc_op, 4> port_filter(inet::PortRange ports) {
  constexpr uint8_t kOperation = 2 * sizeof(inet_diag_bc_op);
  constexpr uint16_t kEnd = 2 * kOperation;
  // A jump to 4 bytes past the end means "does not match".
  return {{{INET_DIAG_BC_S_GE, kOperation, kEnd + 4},
           {INET_DIAG_BC_NOP, 0, ports.first},
           {INET_DIAG_BC_S_LE, kOperation, kEnd - kOperation + 4},
           {INET_DIAG_BC_NOP, 0, ports.last}}};
}

inet::IpAddress read_address(uint8_t family, const __be32 (&words)[4]) {
  return family == AF_INET ? inet::IpAddress::from_v4(words) : inet::IpAddress::from_v6(words);
}

inet_diag_req_v2& put_request(RequestBuffer& buffer, uint16_t type, uint16_t flags, uint8_t family) {
  nlmsghdr* message = mnl_nlmsg_put_header(buffer.data());
  message->nlmsg_type = type;
  message->nlmsg_flags = static_cast<uint16_t>(NLM_F_REQUEST | flags);
  auto* request =
      static_cast<inet_diag_req_v2*>(mnl_nlmsg_put_extra_header(message, sizeof(inet_diag_req_v2)));
  request->sdiag_family = family;
  request->sdiag_protocol = IPPROTO_TCP;
  return *request;
}

TcpSocket parse_tcp_socket(const nlmsghdr& message) {
  if (mnl_nlmsg_get_payload_len(&message) < sizeof(inet_diag_msg)) {
    throw std::runtime_error("cannot list TCP sockets: a report was cut short");
  }
  const auto& report = *static_cast<const inet_diag_msg*>(mnl_nlmsg_get_payload(&message));
  return {{read_address(report.idiag_family, report.id.idiag_src), ntohs(report.id.idiag_sport)},
          {read_address(report.idiag_family, report.id.idiag_dst), ntohs(report.id.idiag_dport)},
          report.id,
          report.idiag_family,
          report.idiag_timer == kTimerTimeWait};
}

}  // namespace

std::vector<TcpSocket> dump_tcp_sockets(netlink::Socket& socket, uint8_t family, inet::PortRange ports) {
  alignas(nlmsghdr) RequestBuffer buffer;
  put_request(buffer, SOCK_DIAG_BY_FAMILY, NLM_F_DUMP, family).idiag_states = kAwaitedStates;
  auto& request = *reinterpret_cast<nlmsghdr*>(buffer.data());
  const auto filter = port_filter(ports);
  mnl_attr_put(&request, INET_DIAG_REQ_BYTECODE, sizeof(filter), filter.data());
  return inet::dump<TcpSocket>(socket, request, "cannot list TCP sockets (needs tcp_diag)",
                               [](const nlmsghdr& message, std::vector<TcpSocket>& sockets) {
                                 sockets.push_back(parse_tcp_socket(message));
                               });
}

netlink::Verdict destroy_tcp_socket(netlink::Socket& socket, const TcpSocket& target) {
  alignas(nlmsghdr) RequestBuffer buffer;
  put_request(buffer, SOCK_DESTROY, NLM_F_ACK, target.family).id = target.id;
  auto& request = *reinterpret_cast<nlmsghdr*>(buffer.data());
  request.nlmsg_seq = socket.next_sequence();
  return socket.request(request, [](const nlmsghdr&) {}).verdict;
}

}  // namespace inet_diag
