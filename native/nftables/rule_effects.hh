// What rules of anybody's can do to a packet, as far as refusing it goes.
#pragma once

#include <libmnl/libmnl.h>

#include <string>
#include <vector>

namespace nftables {

struct RuleEffects {
  // Drops or rejects.
  bool refuses = false;
  // Chains of the same table that it jumps or goes to, and maps of verdicts that it looks into.
  std::vector<std::string> chains;
  std::vector<std::string> maps;

  void add(RuleEffects other);
};

// Of the expressions of one rule (NFTA_RULE_EXPRESSIONS); null is the empty list.
RuleEffects effects_of_rule(const nlattr* expressions);

// Of the elements of a map (NFTA_SET_ELEM_LIST_ELEMENTS); null is the empty list.
RuleEffects effects_of_elements(const nlattr* elements);

}  // namespace nftables
