// Published ports have no socket on this host: the connection tracker's entries are the only trace of their
// connections.
#pragma once

#include <linux/netlink.h>

#include <cstdint>
#include <optional>

#include "inet/ip_address.hh"

namespace conntrack {

// A tracked TCP connection whose destination was rewritten (IPS_DST_NAT).
struct DnatFlow {
  // As the client sent it.
  inet::Endpoint original_source;
  inet::Endpoint original_destination;
  // As the server answers it: its own address and port first.
  inet::Endpoint reply_source;
  inet::Endpoint reply_destination;
  // TCP_CONNTRACK_*. Absent while a flowtable forwards the connection past the tracker, which then no longer
  // follows it.
  std::optional<uint8_t> tcp_state;
  // Seconds until the entry expires; absent like `tcp_state`.
  std::optional<uint32_t> remaining_s;
};

// Reads one message of a conntrack dump. Nothing when the entry is not TCP, is not destination-NATed, or is
// over or not yet answered (SYN_SENT, TIME_WAIT, CLOSE): neither has a counterpart among the socket states a
// drain waits for. Throws std::runtime_error when a DNATed TCP entry lacks its tuples: it could be a
// connection, so it may not be passed over.
std::optional<DnatFlow> parse_dnat_flow(const nlmsghdr& message);

}  // namespace conntrack
