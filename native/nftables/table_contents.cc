#include "nftables/table_contents.hh"

#include <libnftnl/common.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>

#include <algorithm>
#include <map>
#include <utility>

#include "netlink/attributes.hh"
#include "nftables/attribute_match.hh"

namespace nftables {
namespace {

using netlink::Attributes;

// The functions below return the difference, empty for none.

std::string read_ports(const SetDefinition& definition, const std::vector<Interval>& held,
                       TableContents& contents) {
  const std::string name = "set " + definition.name;
  if (held.front().first == Key{}) return name + " holds port 0";
  auto counted = to_ports(held);
  if (counted.ports.size() > kMaxPortRanges) return name + " holds too many ranges";
  if (definition.is_counted) {
    contents.ruleset->ports = std::move(counted.ports);
    contents.refused = std::move(counted.packets);
  } else if (counted.ports != contents.ruleset->ports) {
    return name + " holds other ports than set " + kPortSet;
  }
  return {};
}

std::string read_sets(TableReader& reader, TableContents& contents, Shape& shape) {
  const auto found = reader.sets();
  const auto named = [&](const std::string& name) {
    return std::find_if(found.begin(), found.end(), [&](const FoundSet& set) { return set.name == name; });
  };
  shape.allows_ipv4 = named(kAllowIpv4Set) != found.end();
  shape.allows_ipv6 = named(kAllowIpv6Set) != found.end();
  shape.closing = named(kClosingPortSet) != found.end();

  const auto definitions = set_definitions(shape);
  Ruleset& ruleset = contents.ruleset.emplace();
  for (const SetDefinition& definition : definitions) {
    const std::string name = "set " + definition.name;
    const auto set = named(definition.name);
    if (set == found.end()) return name + " is missing";
    if (set->flags != NFT_SET_INTERVAL || set->key_type != definition.key_type ||
        set->key_bytes != definition.key_bytes) {
      return name + " is of another type";
    }
    const auto held = reader.intervals(definition);
    if (!held) return name + " holds elements that are not ours";
    if (held->empty()) return name + " is empty";
    if (definition.key_bytes == kPortBytes) {
      auto difference = read_ports(definition, *held, contents);
      if (!difference.empty()) return difference;
    } else {
      const auto prefixes = to_prefixes(*held, definition.key_bytes);
      ruleset.allow_from.insert(ruleset.allow_from.end(), prefixes.begin(), prefixes.end());
    }
  }
  for (const FoundSet& set : found) {
    const auto is_this = [&](const SetDefinition& definition) { return set.name == definition.name; };
    if (std::none_of(definitions.begin(), definitions.end(), is_this))
      return "set " + set.name + " was added";
  }
  return {};
}

// `policy` is NFTA_CHAIN_POLICY where the policy does not matter.
bool is_chain(const std::vector<char>& attributes, const ChainDefinition& definition, uint16_t policy = 0) {
  alignas(nlmsghdr) char buffer[512] = {};
  auto* expected = nftnl_nlmsg_build_hdr(buffer, NFT_MSG_NEWCHAIN, NFPROTO_INET, 0, 0);
  nftnl_chain_nlmsg_build_payload(expected, definition.chain.get());
  return same_attributes(Attributes::of(*expected, sizeof(nfgenmsg)),
                         Attributes(attributes.data(), attributes.size()),
                         {NFTA_CHAIN_HANDLE, NFTA_CHAIN_USE, NFTA_CHAIN_FLAGS, NFTA_CHAIN_COUNTERS,
                          NFTA_CHAIN_USERDATA, policy});
}

std::string compare_chains(TableReader& reader, const Shape& shape) {
  for (const ChainDefinition& definition : chain_definitions(shape)) {
    const std::string name = std::string("chain ") + definition.name;
    const auto found = reader.chain(definition.name);
    if (!found) return name + " is missing";
    if (!is_chain(*found, definition)) {
      return name + " has another type, hook, priority or policy";
    }
  }
  return {};
}

bool is_rule(const FoundRule& rule, const RuleDefinition& definition) {
  alignas(nlmsghdr) char buffer[2048] = {};
  auto* expected = nftnl_nlmsg_build_hdr(buffer, NFT_MSG_NEWRULE, NFPROTO_INET, 0, 0);
  nftnl_rule_nlmsg_build_payload(expected, definition.rule.get());
  const auto* held =
      rule.expressions.empty() ? nullptr : reinterpret_cast<const nlattr*>(rule.expressions.data());
  return same_expressions(Attributes::of(*expected, sizeof(nfgenmsg)).find(NFTA_RULE_EXPRESSIONS), held);
}

std::string compare_rules(TableReader& reader, Shape& shape) {
  const auto found = reader.rules();

  // Only the first rule tells whether loopback is included.
  const auto first =
      std::find_if(found.begin(), found.end(), [](const FoundRule& r) { return r.chain == kBaseChain; });
  shape.include_loopback = true;
  auto expected = rule_definitions(shape);
  if (first == found.end() || !is_rule(*first, expected.front())) {
    shape.include_loopback = false;
    expected = rule_definitions(shape);
  }

  std::map<std::string, std::vector<const FoundRule*>> by_chain;
  for (const FoundRule& rule : found) by_chain[rule.chain].push_back(&rule);
  std::map<std::string, size_t> expected_count;
  for (const RuleDefinition& definition : expected) {
    const size_t index = expected_count[definition.chain]++;
    const auto& present = by_chain[definition.chain];
    const std::string place = "rule " + std::to_string(index + 1) + " of chain " + definition.chain;
    const std::string text = std::string("\"") + definition.text + "\"";
    if (index >= present.size()) return place + ", " + text + ", is missing";
    if (!is_rule(*present[index], definition)) return place + " is not " + text;
  }
  for (const auto& [chain, present] : by_chain) {
    const size_t expected_rules = expected_count[chain];
    if (present.size() > expected_rules) {
      return "rule " + std::to_string(expected_rules + 1) + " of chain " + chain + " was added";
    }
  }
  return {};
}

std::string compare_header(const TableHeader& header, const Shape& shape) {
  if (header.uses != set_definitions(shape).size() + chain_definitions(shape).size()) {
    return "a chain, set or object was added";
  }
  if (header.flags & NFT_TABLE_F_DORMANT) return "the table is dormant";
  if (header.flags != 0 && header.flags != kOwnedFlags && header.flags != kOrphanFlags) {
    return "the table has flags " + std::to_string(header.flags);
  }
  return {};
}

}  // namespace

bool is_chain_but_for_policy(const std::vector<char>& attributes, const ChainDefinition& definition) {
  return is_chain(attributes, definition, NFTA_CHAIN_POLICY);
}

TableContents read_contents(TableReader& reader, const TableHeader& header) {
  TableContents contents;
  Shape shape;
  std::string difference = read_sets(reader, contents, shape);
  if (difference.empty()) difference = compare_chains(reader, shape);
  if (difference.empty()) difference = compare_rules(reader, shape);
  if (difference.empty()) difference = compare_header(header, shape);
  if (!difference.empty()) return {std::nullopt, std::move(difference), std::nullopt};
  contents.ruleset->include_loopback = shape.include_loopback;
  contents.ruleset->closing = shape.closing;
  return contents;
}

}  // namespace nftables
