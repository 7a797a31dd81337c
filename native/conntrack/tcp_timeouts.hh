// Conntrack keeps no time of last use, only when an entry expires: idleness is what has run off its state's
// timeout.
#pragma once

#include <linux/netfilter/nf_conntrack_tcp.h>
#include <linux/netlink.h>

#include <array>
#include <cstdint>

#include "conntrack/dnat_flow.hh"

namespace conntrack {

// The TCP timeouts of a network namespace, in seconds, by TCP_CONNTRACK_* (nf_conntrack_tcp_timeout_* in
// sysctl's names).
struct TcpTimeouts {
  std::array<uint32_t, TCP_CONNTRACK_MAX> by_state{};
  // Granted instead of a longer one after many retransmissions, and while the peer's window is closed.
  uint32_t retransmission = 0;
  // Granted instead of a longer one while data is unacknowledged.
  uint32_t unacknowledged = 0;
};

// Reads the answer to IPCTNL_MSG_TIMEOUT_DEFAULT_GET for TCP. A timeout that the kernel did not name is 0,
// which makes nothing idle.
TcpTimeouts parse_tcp_timeouts(const nlmsghdr& message);

// Seconds since the flow's last packet: the timeout of its state minus what remains of it. 0 when that cannot
// be told:
// - a flowtable forwards it, so it is in use;
// - no more remains than the tracker grants a connection with unacknowledged data (5 minutes by default), so
// it may be that instead;
// - more remains than its state's timeout, which was lowered since.
// An error in the other direction is possible where the state's timeout was raised, or replaced for this flow
// by a shorter timeout policy (nft `ct timeout`): until its next packet, respectively always, it looks older
// than it is.
uint32_t idle_seconds(const DnatFlow& flow, const TcpTimeouts& timeouts);

}  // namespace conntrack
