// The end of a drain that was given a deadline: closing what is still open.
#pragma once

#include <cstdint>

#include "inet/port_set.hh"

namespace connections {

struct Destroyed {
  // Connections that the kernel closed, resetting their peers.
  uint64_t closed = 0;
  // Connections that it would not close. Those that ended by themselves in the meantime, or that only the
  // kernel still finishes for a process that closed them, are in neither.
  uint64_t failed = 0;
};

// Destroys each socket that count_connections would count. Published connections have none: they are not
// touched. Throws netlink::Error: kNoPermission without CAP_NET_ADMIN, kKernel without
// CONFIG_INET_DIAG_DESTROY.
Destroyed destroy_connections(const inet::PortSet& ports, bool include_loopback);

}  // namespace connections
