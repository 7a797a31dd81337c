// What ctnetlink says of destination-NATed connections and of TCP's timeouts.
#include "conntrack/tracker.hh"

#include "target.hh"

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  return fuzz::run(data, size, [](uint8_t) {
    netlink::Socket socket(NETLINK_NETFILTER);
    const auto flows = conntrack::dump_dnat_flows(socket);
    const auto timeouts = conntrack::read_tcp_timeouts(socket);
    for (const auto& flow : flows) conntrack::idle_seconds(flow, timeouts);
  });
}
