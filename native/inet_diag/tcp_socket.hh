// The TCP sockets of this network namespace (inet_diag): listing those a drain waits for, and destroying one.
#pragma once

#include <linux/inet_diag.h>

#include <cstdint>
#include <vector>

#include "inet/ip_address.hh"
#include "inet/port_set.hh"
#include "netlink/socket.hh"

namespace inet_diag {

struct TcpSocket {
  inet::Endpoint local;
  inet::Endpoint remote;
  // The kernel's own identity of it, with a cookie that no later socket of the same addresses has.
  inet_diag_sockid id;
  // AF_INET or AF_INET6. An IPv4 connection to a dual-stack listener is AF_INET6 with v4-mapped addresses.
  uint8_t family;
  // A FIN_WAIT2 that its process has closed, of which the kernel keeps a stub for at most
  // net.ipv4.tcp_fin_timeout.
  bool is_stub;

  // The interface of a connection between link-local addresses, by index.
  uint32_t interface() const { return id.idiag_if; }
};

// Lists the sockets of a family (AF_INET or AF_INET6) that are ESTABLISHED, SYN_RECV, FIN_WAIT1, FIN_WAIT2,
// CLOSE_WAIT, LAST_ACK or CLOSING and have a local port in `ports`. The kernel filters both, so that
// listeners, TIME_WAIT and other services' sockets are never copied out. Needs no privilege. Throws
// netlink::Error.
std::vector<TcpSocket> dump_tcp_sockets(netlink::Socket& socket, uint8_t family, inet::PortRange ports);

// Closes a connection and resets its peer (SOCK_DESTROY; needs CAP_NET_ADMIN). The kernel's answer: ENOENT
// for a connection that has ended, or whose process has closed it already, EOPNOTSUPP without
// CONFIG_INET_DIAG_DESTROY, and on older kernels for a stub. Throws netlink::Error when there is no answer.
netlink::Verdict destroy_tcp_socket(netlink::Socket& socket, const TcpSocket& target);

}  // namespace inet_diag
