// Comparing what the kernel holds with our rules. The input is the NFTA_RULE_EXPRESSIONS of a rule, its
// header included.
#include "nftables/attribute_match.hh"

#include <libnftnl/common.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nfnetlink.h>

#include <array>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <vector>

#include "nftables/definition.hh"
#include "nftables/rule_effects.hh"
#include "target.hh"

namespace {

using Expressions = std::vector<char>;

// NFTA_RULE_EXPRESSIONS of each of our rules.
std::vector<Expressions> our_rules() {
  std::vector<Expressions> rules;
  for (const auto& definition : nftables::rule_definitions({true, true, true, true})) {
    alignas(nlmsghdr) std::array<char, 2048> buffer;
    auto* message = nftnl_nlmsg_build_hdr(buffer.data(), NFT_MSG_NEWRULE, NFPROTO_INET, 0, 0);
    nftnl_rule_nlmsg_build_payload(message, definition.rule.get());
    const auto* list = netlink::Attributes::of(*message, sizeof(nfgenmsg)).find(NFTA_RULE_EXPRESSIONS);
    const auto* bytes = reinterpret_cast<const char*>(list);
    rules.emplace_back(bytes, bytes + mnl_attr_get_len(list));
  }
  return rules;
}

}  // namespace

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  // A copy of its own length, so that a byte too far is one outside of it; new aligns it as an attribute is.
  const std::unique_ptr<char[]> copy(new char[size]);
  std::memcpy(copy.get(), data, size);
  const auto* found = reinterpret_cast<const nlattr*>(copy.get());
  if (!mnl_attr_ok(found, static_cast<int>(size))) return 0;

  static const std::vector<Expressions> ours = our_rules();
  size_t alike = 0;
  for (const Expressions& rule : ours) {
    const auto* expected = reinterpret_cast<const nlattr*>(rule.data());
    if (!nftables::same_expressions(expected, expected)) std::abort();
    if (nftables::same_expressions(expected, found)) ++alike;
  }
  // The exemptions are the same in both chains; no other two of our rules are.
  if (alike > 2) std::abort();
  nftables::effects_of_rule(found);
  nftables::effects_of_elements(found);
  return 0;
}
