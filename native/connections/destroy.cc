#include "connections/destroy.hh"

#include <sys/socket.h>

#include <cerrno>

#include "inet/local_addresses.hh"
#include "inet_diag/tcp_socket.hh"

namespace connections {

Destroyed destroy_connections(const inet::PortSet& ports, bool include_loopback) {
  Destroyed destroyed;
  if (ports.empty()) return destroyed;

  const auto addresses = inet::LocalAddresses::read();
  netlink::Socket diag(NETLINK_SOCK_DIAG);
  for (const uint8_t family : {AF_INET, AF_INET6}) {
    for (const auto& socket : inet_diag::dump_tcp_sockets(diag, family, ports.envelope())) {
      if (!ports.find(socket.local.port)) continue;
      if (!include_loopback && addresses.is_loopback_peer(socket.remote.address, socket.interface()))
        continue;

      const netlink::Verdict verdict = inet_diag::destroy_tcp_socket(diag, socket);
      switch (verdict.error) {
        case 0:
          destroyed.closed++;
          break;
        case ENOENT:
          break;
        case EPERM:
          throw netlink::system_error("cannot destroy a connection", EPERM, verdict.detail);
        case EOPNOTSUPP:
          if (!socket.is_stub) {
            throw netlink::system_error(
                "cannot destroy a connection (the kernel lacks CONFIG_INET_DIAG_DESTROY)", EOPNOTSUPP,
                verdict.detail);
          }
          destroyed.failed++;
          break;
        default:
          destroyed.failed++;
      }
    }
  }
  return destroyed;
}

}  // namespace connections
