// How many connections a drain still waits for: those with a socket on this host, and those of published
// ports.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "inet/port_set.hh"

namespace connections {

struct Count {
  // Whether the numbers are true; if not, `reason` says what could not be read and nobody may call this
  // drained.
  bool is_known = false;
  std::string reason;
  // One for each range of the ports asked for.
  std::vector<uint32_t> per_range;
  uint64_t total = 0;
  // Published connections without a packet for over an hour, which are not in `total`: a client that died
  // leaves an entry behind for days.
  uint64_t idle = 0;
};

// Counts, in the calling thread's network namespace,
// - the sockets that inet_diag::dump_tcp_sockets lists;
// - the destination-NATed connections (conntrack::dump_dnat_flows) whose original destination is an address
// of this
//   host, unless such a socket is their other end.
// A connection whose client is this host itself came over loopback and is left out unless asked for, as the
// drain table leaves it alone. The client's own half of a connection counts only if its port is one of
// `ports`.
//
// No tracker means no published connections. A tracker that refuses or cannot be read means that the count is
// unknown: without CAP_NET_ADMIN it is never known where nf_conntrack is present. Does not throw for what it
// cannot read.
Count count_connections(const inet::PortSet& ports, bool include_loopback);

}  // namespace connections
