#include "conntrack/tcp_timeouts.hh"

#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_cttimeout.h>

#include <algorithm>

#include "inet/inet_attributes.hh"

namespace conntrack {

// The attributes are numbered as the states are, so that one loop reads them all.
static_assert(int{CTA_TIMEOUT_TCP_SYN_SENT} == int{TCP_CONNTRACK_SYN_SENT});
static_assert(int{CTA_TIMEOUT_TCP_ESTABLISHED} == int{TCP_CONNTRACK_ESTABLISHED});
static_assert(int{CTA_TIMEOUT_TCP_SYN_SENT2} == int{TCP_CONNTRACK_SYN_SENT2});

TcpTimeouts parse_tcp_timeouts(const nlmsghdr& message) {
  const auto data = inet::nested(netlink::Attributes::of(message, sizeof(nfgenmsg)), CTA_TIMEOUT_DATA);
  const auto seconds = [&data](uint16_t type) { return netlink::read_be32(data.find(type)).value_or(0); };

  TcpTimeouts timeouts;
  for (uint16_t state = TCP_CONNTRACK_SYN_SENT; state < TCP_CONNTRACK_MAX; state++) {
    timeouts.by_state[state] = seconds(state);
  }
  timeouts.retransmission = seconds(CTA_TIMEOUT_TCP_RETRANS);
  timeouts.unacknowledged = seconds(CTA_TIMEOUT_TCP_UNACK);
  return timeouts;
}

uint32_t idle_seconds(const DnatFlow& flow, const TcpTimeouts& timeouts) {
  if (!flow.tcp_state || !flow.remaining_s || *flow.tcp_state >= timeouts.by_state.size()) return 0;
  const uint32_t remaining = *flow.remaining_s;
  const uint32_t nominal = timeouts.by_state[*flow.tcp_state];
  if (remaining <= std::max(timeouts.retransmission, timeouts.unacknowledged)) return 0;
  return remaining < nominal ? nominal - remaining : 0;
}

}  // namespace conntrack
