#include "connections/count.hh"

#include <sys/socket.h>

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "conntrack/tracker.hh"
#include "inet/local_addresses.hh"
#include "inet_diag/tcp_socket.hh"

namespace connections {
namespace {

constexpr uint32_t kIdleAfterSeconds = 3600;

// A published connection of ours, and whether its other end turned out to be a socket of this host.
struct PublishedFlow {
  conntrack::DnatFlow flow;
  size_t range;
  bool has_socket = false;

  std::pair<inet::Endpoint, inet::Endpoint> server_side() const {
    return {flow.reply_source, flow.reply_destination};
  }
};

class Counter {
 public:
  Counter(const inet::PortSet& ports, bool include_loopback)
      : ports_(ports), include_loopback_(include_loopback), addresses_(inet::LocalAddresses::read()) {
    count_.per_range.resize(ports.size());
  }

  Count run() {
    // Entries before sockets: what ends or begins between the two is then never counted twice.
    if (conntrack::is_present()) {
      netlink::Socket tracker(NETLINK_NETFILTER);
      read_published_flows(tracker);
      count_sockets();
      count_published_flows(tracker);
    } else {
      count_sockets();
    }
    count_.is_known = true;
    return std::move(count_);
  }

 private:
  bool is_counted(const inet::IpAddress& client, uint32_t interface) const {
    return include_loopback_ || !addresses_.is_loopback_peer(client, interface);
  }

  void read_published_flows(netlink::Socket& tracker) {
    for (const conntrack::DnatFlow& flow : conntrack::dump_dnat_flows(tracker)) {
      const auto range = ports_.find(flow.original_destination.port);
      if (range && addresses_.contains(flow.original_destination.address) &&
          is_counted(flow.original_source.address, 0)) {
        published_.push_back({flow, *range});
      }
    }
    std::sort(published_.begin(), published_.end(), [](const PublishedFlow& a, const PublishedFlow& b) {
      return a.server_side() < b.server_side();
    });
  }

  void count_sockets() {
    netlink::Socket diag(NETLINK_SOCK_DIAG);
    for (const uint8_t family : {AF_INET, AF_INET6}) {
      for (const auto& socket : inet_diag::dump_tcp_sockets(diag, family, ports_.envelope())) {
        const auto range = ports_.find(socket.local.port);
        if (!range || !is_counted(socket.remote.address, socket.interface())) continue;
        mark_published(socket);
        add_to(*range);
      }
    }
  }

  void mark_published(const inet_diag::TcpSocket& socket) {
    const auto ends = std::make_pair(socket.local, socket.remote);
    const auto same =
        std::lower_bound(published_.begin(), published_.end(), ends,
                         [](const PublishedFlow& p, const auto& e) { return p.server_side() < e; });
    if (same != published_.end() && same->server_side() == ends) same->has_socket = true;
  }

  void count_published_flows(netlink::Socket& tracker) {
    if (published_.empty()) return;
    const conntrack::TcpTimeouts timeouts = conntrack::read_tcp_timeouts(tracker);
    for (const PublishedFlow& published : published_) {
      if (published.has_socket) continue;
      if (conntrack::idle_seconds(published.flow, timeouts) > kIdleAfterSeconds) {
        count_.idle++;
      } else {
        add_to(published.range);
      }
    }
  }

  void add_to(size_t range) {
    count_.per_range[range]++;
    count_.total++;
  }

  const inet::PortSet& ports_;
  const bool include_loopback_;
  const inet::LocalAddresses addresses_;
  std::vector<PublishedFlow> published_;
  Count count_;
};

}  // namespace

Count count_connections(const inet::PortSet& ports, bool include_loopback) {
  if (ports.empty()) {
    Count nothing;
    nothing.is_known = true;
    return nothing;
  }
  try {
    return Counter(ports, include_loopback).run();
  } catch (const std::runtime_error& error) {
    Count unknown;
    unknown.reason = error.what();
    return unknown;
  }
}

}  // namespace connections
