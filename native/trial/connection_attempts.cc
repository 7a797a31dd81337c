#include <sys/socket.h>

#include <cerrno>
#include <string>
#include <vector>

#include "connections/count.hh"
#include "connections/destroy.hh"
#include "conntrack/tracker.hh"
#include "trial/attempt.hh"
#include "trial/installed_table.hh"
#include "trial/loopback_server.hh"

namespace trial {
namespace {

std::vector<LoopbackServer> open_servers() {
  std::vector<LoopbackServer> servers;
  for (const uint8_t family : {AF_INET, AF_INET6}) {
    if (auto server = LoopbackServer::open(family)) servers.push_back(std::move(*server));
  }
  if (servers.empty()) throw netlink::system_error("there is no loopback address", EADDRNOTAVAIL);
  return servers;
}

nftables::Ruleset refusing(const LoopbackServer& server) {
  nftables::Ruleset ruleset;
  ruleset.ports = {{server.port(), server.port()}};
  ruleset.include_loopback = true;
  return ruleset;
}

inet::PortSet ports_of(const LoopbackServer& server) {
  return inet::PortSet({{server.port(), server.port()}});
}

int connect_error(const LoopbackServer& server) {
  try {
    server.connect();
    return 0;
  } catch (const netlink::Error& error) {
    return error.error_number();
  }
}

std::string refuse_connection() {
  for (const LoopbackServer& server : open_servers()) {
    server.connect();
    {
      const InstalledTable installed(refusing(server), false);
      const int error = connect_error(server);
      if (error == 0) return "a connection was let in";
      if (error != ECONNREFUSED) return "a connection was not reset: " + netlink::errno_text(error);
    }
    server.connect();
  }
  return {};
}

std::string count_refusals() {
  const auto servers = open_servers();
  InstalledTable installed(refusing(servers.front()), false);
  connect_error(servers.front());
  const auto refused = installed.table().inspect().contents.refused;
  if (!refused) return "the kernel counts nothing in the elements of a set";
  return refused == std::vector<uint64_t>{1} ? ""
                                             : "one refusal was counted as " + std::to_string(refused->at(0));
}

std::string count_connection() {
  for (const LoopbackServer& server : open_servers()) {
    const auto connection = server.connect();
    const auto count = connections::count_connections(ports_of(server), true);
    if (!count.is_known) return count.reason;
    if (count.total != 1) return "one connection was counted as " + std::to_string(count.total);
  }
  return {};
}

std::string destroy_connection() {
  for (const LoopbackServer& server : open_servers()) {
    const auto connection = server.connect();
    if (connections::destroy_connections(ports_of(server), true).closed != 1)
      return "a connection was not closed";
    char byte;
    const ssize_t received = recv(connection.client.number(), &byte, sizeof byte, 0);
    if (received >= 0 || errno != ECONNRESET) return "the peer of a closed connection was not reset";
  }
  return {};
}

// A kernel that tracks nothing publishes no ports, and has nothing to count.
std::string list_flows() {
  if (!conntrack::is_present()) return {};
  netlink::Socket tracker(NETLINK_NETFILTER);
  conntrack::dump_dnat_flows(tracker);
  return {};
}

}  // namespace

std::vector<Attempt> connection_attempts() {
  return {
      {"TCP reset to a SYN", true, refuse_connection},
      {"element counters", false, count_refusals},
      {"socket count (inet_diag)", false, count_connection},
      {"socket destroy (inet_diag)", false, destroy_connection},
      {"flow count (conntrack)", false, list_flows},
  };
}

}  // namespace trial
