#include "iptables/chain.hh"

#include <linux/netfilter/x_tables.h>

#include "iptables/legacy_chain.hh"
#include "iptables/nft_chain.hh"
#include "netlink/error.hh"

namespace iptables {
namespace {

// iptables leaves room for the terminating zero in a target's name, which a jump is written as.
constexpr size_t kMaxNameBytes = XT_EXTENSION_MAXNAMELEN - 1;

}  // namespace

ChainPresence find_chain(const std::string& name) {
  if (name.empty() || name.size() > kMaxNameBytes || name.find('\0') != std::string::npos) {
    throw netlink::Error(netlink::ErrorCode::kBadArgument,
                         "the name of a chain has 1 to " + std::to_string(kMaxNameBytes) + " bytes");
  }
  return {has_nft_chain(name), has_legacy_chain(name)};
}

}  // namespace iptables
