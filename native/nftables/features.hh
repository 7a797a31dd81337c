// What of nf_tables the running kernel can, found by trial.
#pragma once

#include <string>

#include "netlink/socket.hh"

namespace nftables {

// Mirrors KernelFeatures in src/firewall/ruleset.ts.
struct Features {
  bool owner_persist = false;
  bool destroy_table = false;
  bool element_counters = false;
  bool table_comments = false;
  std::string kernel_release;
};

// Tries each feature in one batch that cannot be committed. Throws netlink::Error kNoPermission, or
// kNoNftables naming what the table cannot do without and the kernel lacks.
Features probe_features(netlink::Socket& socket);

}  // namespace nftables
