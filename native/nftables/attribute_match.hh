// Whether what the kernel holds is what we would write, attribute by attribute.
#pragma once

#include <initializer_list>

#include "netlink/attributes.hh"

namespace nftables {

// Compares attribute sets by type, descending where `expected` is nested. An attribute that one side lacks
// and the other has as zeros is no difference: the kernel lists defaults that were never sent. Types in
// `ignored` are not looked at.
bool same_attributes(netlink::Attributes expected, netlink::Attributes found,
                     std::initializer_list<uint16_t> ignored = {});

// Compares two lists of expressions (NFTA_RULE_EXPRESSIONS), in order; null is the empty list.
bool same_expressions(const nlattr* expected, const nlattr* found);

}  // namespace nftables
