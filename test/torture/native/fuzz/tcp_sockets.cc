// The sockets that inet_diag lists, and its answers to destroying them.
#include <sys/socket.h>

#include "inet_diag/tcp_socket.hh"
#include "target.hh"

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  return fuzz::run(data, size, [](uint8_t choice) {
    netlink::Socket socket(NETLINK_SOCK_DIAG);
    const uint8_t family = (choice & 1) != 0 ? AF_INET6 : AF_INET;
    for (const auto& found : inet_diag::dump_tcp_sockets(socket, family, {1, 65535})) {
      if ((choice & 2) != 0) inet_diag::destroy_tcp_socket(socket, found);
    }
  });
}
