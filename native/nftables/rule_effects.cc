#include "nftables/rule_effects.hh"

#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nf_tables_compat.h>

#include <iterator>

#include "netlink/attributes.hh"

namespace nftables {
namespace {

using netlink::Attributes;
using netlink::read_be32;
using netlink::read_string;

// Of an NFTA_DATA_*, which is a verdict or a value.
RuleEffects effects_of_data(const nlattr* data) {
  RuleEffects effects;
  const nlattr* verdict = data == nullptr ? nullptr : Attributes::nested_in(*data).find(NFTA_DATA_VERDICT);
  if (verdict == nullptr) return effects;
  const Attributes parts = Attributes::nested_in(*verdict);
  const auto code = read_be32(parts.find(NFTA_VERDICT_CODE));
  effects.refuses = code == static_cast<uint32_t>(NF_DROP);
  const auto chain = read_string(parts.find(NFTA_VERDICT_CHAIN));
  if (!chain.empty()) effects.chains.emplace_back(chain);
  return effects;
}

RuleEffects effects_of_expression(const nlattr& expression) {
  RuleEffects effects;
  const Attributes outer = Attributes::nested_in(expression);
  const auto name = read_string(outer.find(NFTA_EXPR_NAME));
  const nlattr* data = outer.find(NFTA_EXPR_DATA);
  const Attributes parts = data == nullptr ? Attributes(nullptr, 0) : Attributes::nested_in(*data);
  if (name == "reject") {
    effects.refuses = true;
  } else if (name == "immediate") {
    effects = effects_of_data(parts.find(NFTA_IMMEDIATE_DATA));
  } else if (name == "lookup") {
    if (read_be32(parts.find(NFTA_LOOKUP_DREG)) == static_cast<uint32_t>(NFT_REG_VERDICT))
      effects.maps.emplace_back(read_string(parts.find(NFTA_LOOKUP_SET)));
  } else if (name == "target") {
    // An extension of iptables, as iptables-nft writes it.
    effects.refuses = read_string(parts.find(NFTA_TARGET_NAME)) == "REJECT";
  }
  return effects;
}

}  // namespace

void RuleEffects::add(RuleEffects other) {
  refuses = refuses || other.refuses;
  std::move(other.chains.begin(), other.chains.end(), std::back_inserter(chains));
  std::move(other.maps.begin(), other.maps.end(), std::back_inserter(maps));
}

RuleEffects effects_of_rule(const nlattr* expressions) {
  RuleEffects effects;
  if (expressions == nullptr) return effects;
  for (const nlattr& expression : Attributes::nested_in(*expressions))
    effects.add(effects_of_expression(expression));
  return effects;
}

RuleEffects effects_of_elements(const nlattr* elements) {
  RuleEffects effects;
  if (elements == nullptr) return effects;
  for (const nlattr& element : Attributes::nested_in(*elements))
    effects.add(effects_of_data(Attributes::nested_in(element).find(NFTA_SET_ELEM_DATA)));
  return effects;
}

}  // namespace nftables
