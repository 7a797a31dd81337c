#include "trial/loopback_server.hh"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/time.h>

#include <cerrno>
#include <utility>

#include "netlink/error.hh"

namespace trial {
namespace {

// Loopback answers at once: this bounds what should not happen.
constexpr timeval kDeadline{2, 0};

sockaddr* generic(sockaddr_storage& address) { return reinterpret_cast<sockaddr*>(&address); }
const sockaddr* generic(const sockaddr_storage& address) {
  return reinterpret_cast<const sockaddr*>(&address);
}

process::Descriptor open_socket(uint8_t family) {
  process::Descriptor socket(::socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!socket.is_open()) return socket;
  // What connect waits for, and what accept and recv do.
  setsockopt(socket.number(), SOL_SOCKET, SO_SNDTIMEO, &kDeadline, sizeof kDeadline);
  setsockopt(socket.number(), SOL_SOCKET, SO_RCVTIMEO, &kDeadline, sizeof kDeadline);
  return socket;
}

socklen_t put_loopback(sockaddr_storage& address, uint8_t family) {
  address.ss_family = family;
  if (family == AF_INET) {
    reinterpret_cast<sockaddr_in&>(address).sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return sizeof(sockaddr_in);
  }
  reinterpret_cast<sockaddr_in6&>(address).sin6_addr = in6addr_loopback;
  return sizeof(sockaddr_in6);
}

}  // namespace

std::optional<LoopbackServer> LoopbackServer::open(uint8_t family) {
  process::Descriptor listener = open_socket(family);
  if (!listener.is_open()) {
    if (errno == EAFNOSUPPORT) return std::nullopt;
    throw netlink::system_error("cannot open a TCP socket", errno);
  }
  sockaddr_storage address = {};
  socklen_t length = put_loopback(address, family);
  if (bind(listener.number(), generic(address), length) != 0) {
    if (errno == EADDRNOTAVAIL) return std::nullopt;
    throw netlink::system_error("cannot bind to loopback", errno);
  }
  if (listen(listener.number(), 1) != 0 || getsockname(listener.number(), generic(address), &length) != 0)
    throw netlink::system_error("cannot listen on loopback", errno);
  return LoopbackServer(std::move(listener), address, length);
}

uint16_t LoopbackServer::port() const {
  // At the same place in both families.
  return ntohs(reinterpret_cast<const sockaddr_in&>(address_).sin_port);
}

LoopbackServer::Connection LoopbackServer::connect() const {
  process::Descriptor client = open_socket(static_cast<uint8_t>(address_.ss_family));
  if (!client.is_open() || ::connect(client.number(), generic(address_), length_) != 0)
    throw netlink::system_error("cannot connect over loopback", errno);
  process::Descriptor accepted(accept4(listener_.number(), nullptr, nullptr, SOCK_CLOEXEC));
  if (!accepted.is_open()) throw netlink::system_error("cannot accept a connection", errno);
  return {std::move(client), std::move(accepted)};
}

}  // namespace trial
