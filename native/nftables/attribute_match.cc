#include "nftables/attribute_match.hh"

#include <linux/netfilter/nf_tables.h>

#include <algorithm>
#include <cstring>

namespace nftables {
namespace {

using netlink::Attributes;

bool is_all_zero(const nlattr& attribute) {
  const auto* bytes = static_cast<const uint8_t*>(mnl_attr_get_payload(&attribute));
  return std::all_of(bytes, bytes + mnl_attr_get_payload_len(&attribute),
                     [](uint8_t byte) { return byte == 0; });
}

bool same_attribute(const nlattr& expected, const nlattr& found) {
  if (expected.nla_type & NLA_F_NESTED) {
    return same_attributes(Attributes::nested_in(expected), Attributes::nested_in(found));
  }
  const size_t length = mnl_attr_get_payload_len(&expected);
  return length == mnl_attr_get_payload_len(&found) &&
         std::memcmp(mnl_attr_get_payload(&expected), mnl_attr_get_payload(&found), length) == 0;
}

bool same_expression(const nlattr& expected, const nlattr& found) {
  const Attributes a = Attributes::nested_in(expected);
  const Attributes b = Attributes::nested_in(found);
  if (netlink::read_string(a.find(NFTA_EXPR_NAME)) != netlink::read_string(b.find(NFTA_EXPR_NAME)))
    return false;
  return same_attributes(a, b, {NFTA_EXPR_NAME});
}

}  // namespace

bool same_attributes(Attributes expected, Attributes found, std::initializer_list<uint16_t> ignored) {
  const auto is_ignored = [&](uint16_t type) {
    return std::find(ignored.begin(), ignored.end(), type) != ignored.end();
  };
  for (const nlattr& attribute : expected) {
    const uint16_t type = mnl_attr_get_type(&attribute);
    if (is_ignored(type)) continue;
    const nlattr* counterpart = found.find(type);
    if (counterpart == nullptr ? !is_all_zero(attribute) : !same_attribute(attribute, *counterpart))
      return false;
  }
  for (const nlattr& attribute : found) {
    const uint16_t type = mnl_attr_get_type(&attribute);
    if (!is_ignored(type) && expected.find(type) == nullptr && !is_all_zero(attribute)) return false;
  }
  return true;
}

bool same_expressions(const nlattr* expected, const nlattr* found) {
  const Attributes none(nullptr, 0);
  const Attributes wanted = expected == nullptr ? none : Attributes::nested_in(*expected);
  const Attributes present = found == nullptr ? none : Attributes::nested_in(*found);
  auto a = wanted.begin();
  auto b = present.begin();
  while (a != wanted.end() && b != present.end()) {
    if (!same_expression(*a, *b)) return false;
    ++a;
    ++b;
  }
  return !(a != wanted.end()) && !(b != present.end());
}

}  // namespace nftables
