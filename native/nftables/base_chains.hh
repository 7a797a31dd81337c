// Everybody's base chains in this network namespace, and which of them can refuse a packet.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace nftables {

// Mirrors BaseChain in src/firewall/base-chains.ts.
struct BaseChain {
  std::string family;
  std::string table;
  std::string name;
  std::string hook;
  int32_t priority = 0;
  bool drops_by_policy = false;
  bool refuses = false;
};

// Those of one generation of the ruleset, without the chains of dormant tables. Throws netlink::Error:
// kNoPermission without CAP_NET_ADMIN, kNoNftables.
std::vector<BaseChain> list_base_chains();

}  // namespace nftables
