#include "conntrack/tracker.hh"

#include <linux/netfilter/nf_conntrack_common.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <linux/netfilter/nfnetlink_cttimeout.h>
#include <netinet/in.h>
#include <unistd.h>

#include <array>
#include <optional>

#include "inet/dump.hh"
#include "netlink/attributes.hh"

namespace conntrack {
namespace {

constexpr auto kCannotList = "cannot list tracked connections (needs CAP_NET_ADMIN and nf_conntrack_netlink)";

using RequestBuffer = std::array<char, 128>;

nlmsghdr& put_request(RequestBuffer& buffer, uint8_t subsystem, uint8_t type, uint16_t flags) {
  nlmsghdr* message = mnl_nlmsg_put_header(buffer.data());
  message->nlmsg_type = static_cast<uint16_t>(subsystem << 8 | type);
  message->nlmsg_flags = static_cast<uint16_t>(NLM_F_REQUEST | flags);
  auto* header = static_cast<nfgenmsg*>(mnl_nlmsg_put_extra_header(message, sizeof(nfgenmsg)));
  header->nfgen_family = AF_UNSPEC;
  header->version = NFNETLINK_V0;
  return *message;
}

// conntrack -L --status DST_NAT
nlmsghdr& put_dump_request(RequestBuffer& buffer) {
  nlmsghdr& message = put_request(buffer, NFNL_SUBSYS_CTNETLINK, IPCTNL_MSG_CT_GET, NLM_F_DUMP);
  // Older kernels ignore the filter and list every entry, which parse_dnat_flow then drops.
  mnl_attr_put_u32(&message, CTA_STATUS, htonl(IPS_DST_NAT));
  mnl_attr_put_u32(&message, CTA_STATUS_MASK, htonl(IPS_DST_NAT));
  return message;
}

nlmsghdr& put_timeouts_request(RequestBuffer& buffer) {
  nlmsghdr& message =
      put_request(buffer, NFNL_SUBSYS_CTNETLINK_TIMEOUT, IPCTNL_MSG_TIMEOUT_DEFAULT_GET, NLM_F_ACK);
  mnl_attr_put_u16(&message, CTA_TIMEOUT_L3PROTO,
                   htons(AF_INET));  // one set of TCP timeouts serves both families
  mnl_attr_put_u8(&message, CTA_TIMEOUT_L4PROTO, IPPROTO_TCP);
  return message;
}

// Whether this namespace tracks nothing (conntrack -C). Spares a listing that walks the hash table of all
// namespaces, 15 ms for 262,144 buckets, where there is nothing to find.
bool is_empty(netlink::Socket& socket) {
  alignas(nlmsghdr) RequestBuffer buffer;
  nlmsghdr& request = put_request(buffer, NFNL_SUBSYS_CTNETLINK, IPCTNL_MSG_CT_GET_STATS, NLM_F_ACK);
  request.nlmsg_seq = socket.next_sequence();
  std::optional<uint32_t> entries;
  const auto answer = socket.request(request, [&](const nlmsghdr& message) {
    const auto statistics = netlink::Attributes::of(message, sizeof(nfgenmsg));
    entries = netlink::read_be32(statistics.find(CTA_STATS_GLOBAL_ENTRIES));
  });
  if (answer.verdict.error != 0) {
    throw netlink::system_error(kCannotList, answer.verdict.error, answer.verdict.detail);
  }
  return entries == 0u;
}

}  // namespace

bool is_present() {
  // There for a built-in tracker too, as it has parameters.
  return access("/sys/module/nf_conntrack", F_OK) == 0 || access("/sys/module", F_OK) != 0;
}

std::vector<DnatFlow> dump_dnat_flows(netlink::Socket& socket) {
  if (is_empty(socket)) return {};
  alignas(nlmsghdr) RequestBuffer buffer;
  return inet::dump<DnatFlow>(socket, put_dump_request(buffer), kCannotList,
                              [](const nlmsghdr& message, std::vector<DnatFlow>& flows) {
                                if (const auto flow = parse_dnat_flow(message)) flows.push_back(*flow);
                              });
}

TcpTimeouts read_tcp_timeouts(netlink::Socket& socket) {
  alignas(nlmsghdr) RequestBuffer buffer;
  nlmsghdr& request = put_timeouts_request(buffer);
  request.nlmsg_seq = socket.next_sequence();
  TcpTimeouts timeouts;
  const auto answer =
      socket.request(request, [&](const nlmsghdr& message) { timeouts = parse_tcp_timeouts(message); });
  return answer.verdict.error == 0 ? timeouts : TcpTimeouts{};
}

}  // namespace conntrack
