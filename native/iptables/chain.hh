// Whether a user chain of some name is in the IPv4 table `filter`, in either of the two forms that iptables
// has: rules of nf_tables (iptables-nft) and the kernel's own ip_tables (iptables-legacy). Both may hold one.
// Reads only; needs CAP_NET_ADMIN, and loads no module of ip_tables.
#pragma once

#include <optional>
#include <string>

namespace iptables {

struct ChainPresence {
  // Nothing: there was no permission to look.
  std::optional<bool> nft;
  std::optional<bool> legacy;
};

// `name` has 1 to 28 bytes, as iptables allows, and no zero. Throws netlink::Error (kBadArgument for the
// name).
ChainPresence find_chain(const std::string& name);

}  // namespace iptables
