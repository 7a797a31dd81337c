// Real TCP over loopback, for what only packets can show. Nothing waits longer than a deadline.
#pragma once

#include <sys/socket.h>

#include <cstdint>
#include <optional>

#include "process/descriptor.hh"

namespace trial {

// A socket that listens on the loopback address of its family, at a port that was free.
class LoopbackServer {
 public:
  // Nothing when this network namespace has no loopback address of `family` (AF_INET or AF_INET6). Throws
  // netlink::Error.
  static std::optional<LoopbackServer> open(uint8_t family);

  uint16_t port() const;

  struct Connection {
    process::Descriptor client;
    process::Descriptor accepted;
  };
  // Connects to it and accepts. Throws netlink::Error; a refusal's errno is ECONNREFUSED.
  Connection connect() const;

 private:
  LoopbackServer(process::Descriptor listener, const sockaddr_storage& address, socklen_t length)
      : listener_(std::move(listener)), address_(address), length_(length) {}

  process::Descriptor listener_;
  sockaddr_storage address_;
  socklen_t length_;
};

}  // namespace trial
