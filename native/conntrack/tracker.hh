// Reading the connection tracker of this network namespace (ctnetlink) without waking it: neither loads
// nf_conntrack nor makes the namespace track anything.
#pragma once

#include <vector>

#include "conntrack/dnat_flow.hh"
#include "conntrack/tcp_timeouts.hh"
#include "netlink/socket.hh"

namespace conntrack {

// Whether this kernel tracks connections at all. Asked first, as a request to a tracker that is not there
// makes the kernel load it. True when it cannot be told (no /sys): then the request decides.
bool is_present();

// Lists the destination-NATed TCP connections that parse_dnat_flow keeps. Needs CAP_NET_ADMIN. Throws
// netlink::Error.
std::vector<DnatFlow> dump_dnat_flows(netlink::Socket& socket);

// Reads the TCP timeouts; all 0, so that nothing counts as idle, where the kernel lacks nfnetlink_cttimeout.
// By netlink and not from /proc/sys, which a service with ProcSubset=pid does not see.
TcpTimeouts read_tcp_timeouts(netlink::Socket& socket);

}  // namespace conntrack
