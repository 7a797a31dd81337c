// A chain of iptables-nft: it keeps its rules in nf_tables, in a table `ip filter` of its own.
#pragma once

#include <optional>
#include <string>

namespace iptables {

// Whether nf_tables has this chain; nothing without permission to ask. Throws netlink::Error.
std::optional<bool> has_nft_chain(const std::string& name);

}  // namespace iptables
