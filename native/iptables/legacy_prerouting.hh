// Rules of iptables-legacy that packets pass before the drain table's or at its priority.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace iptables {

// Mirrors LegacyTable in src/firewall/iptables.ts.
struct PreroutingTable {
  // `ip` or `ip6`.
  std::string family;
  // `raw` (priority -300) or `mangle` (-150).
  std::string table;
};

// The tables that have rules in their chain PREROUTING; nothing without permission to look. Throws
// netlink::Error.
std::optional<std::vector<PreroutingTable>> legacy_prerouting_tables();

}  // namespace iptables
