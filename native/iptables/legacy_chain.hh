// A chain of iptables-legacy: it keeps its rules in ip_tables, which is read as one blob through getsockopt.
#pragma once

#include <optional>
#include <string>

namespace iptables {

// Whether ip_tables has this chain in its table `filter`; nothing without permission to ask. Throws
// netlink::Error.
std::optional<bool> has_legacy_chain(const std::string& name);

}  // namespace iptables
