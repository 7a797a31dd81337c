#include "nftables/messages.hh"

#include <arpa/inet.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>

#include <algorithm>

#include "nftables/expressions.hh"

namespace nftables {
namespace {

// The length of an attribute has 16 bits; an element takes at most 44 bytes.
constexpr size_t kElementBytes = 44;
constexpr size_t kElementsPerMessage = 64000 / kElementBytes;

// The key byte order that nft records so that it can print elements: NFTNL_UDATA_SET_KEYBYTEORDER, big
// endian.
constexpr uint8_t kBigEndianKeys[] = {0, 4, 2, 0, 0, 0};

void put_element(nlmsghdr* message, const Element& element, size_t width) {
  auto* outer = mnl_attr_nest_start(message, NFTA_LIST_ELEM);
  if (element.is_end) mnl_attr_put_u32(message, NFTA_SET_ELEM_FLAGS, htonl(NFT_SET_ELEM_INTERVAL_END));
  auto* key = mnl_attr_nest_start(message, NFTA_SET_ELEM_KEY);
  mnl_attr_put(message, NFTA_DATA_VALUE, width, element.key.data());
  mnl_attr_nest_end(message, key);
  mnl_attr_nest_end(message, outer);
}

}  // namespace

void add_table(Transaction& transaction, const char* table, uint32_t flags, bool with_comment,
               uint16_t create) {
  transaction.add(NFT_MSG_NEWTABLE, create, "the table", [&](nlmsghdr* m) {
    mnl_attr_put_strz(m, NFTA_TABLE_NAME, table);
    mnl_attr_put_u32(m, NFTA_TABLE_FLAGS, htonl(flags));
    if (!with_comment) return;
    const auto comment = comment_user_data(kMark);
    mnl_attr_put(m, NFTA_TABLE_USERDATA, comment.size(), comment.data());
  });
}

void delete_table(Transaction& transaction, const char* table) {
  transaction.add(NFT_MSG_DELTABLE, 0, "the table to delete",
                  [&](nlmsghdr* m) { mnl_attr_put_strz(m, NFTA_TABLE_NAME, table); });
}

void add_set(Transaction& transaction, const char* table, const SetDefinition& set, uint32_t id,
             bool with_counters) {
  auto handle = own<SetHandle>(nftnl_set_alloc());
  nftnl_set_set_str(handle.get(), NFTNL_SET_TABLE, table);
  nftnl_set_set_str(handle.get(), NFTNL_SET_NAME, set.name.c_str());
  nftnl_set_set_u32(handle.get(), NFTNL_SET_ID, id);
  nftnl_set_set_u32(handle.get(), NFTNL_SET_FLAGS, NFT_SET_INTERVAL);
  nftnl_set_set_u32(handle.get(), NFTNL_SET_KEY_TYPE, set.key_type);
  nftnl_set_set_u32(handle.get(), NFTNL_SET_KEY_LEN, set.key_bytes);
  nftnl_set_set_data(handle.get(), NFTNL_SET_USERDATA, kBigEndianKeys, sizeof kBigEndianKeys);
  if (with_counters) nftnl_set_add_expr(handle.get(), counter().release());
  transaction.add(NFT_MSG_NEWSET, NLM_F_CREATE, "set " + set.name,
                  [&](nlmsghdr* m) { nftnl_set_nlmsg_build_payload(m, handle.get()); });
}

void add_elements(Transaction& transaction, const char* table, const SetDefinition& set,
                  const std::vector<Element>& elements) {
  for (size_t start = 0; start < elements.size(); start += kElementsPerMessage) {
    const size_t end = std::min(start + kElementsPerMessage, elements.size());
    const auto fill = [&](nlmsghdr* m) {
      mnl_attr_put_strz(m, NFTA_SET_ELEM_LIST_TABLE, table);
      mnl_attr_put_strz(m, NFTA_SET_ELEM_LIST_SET, set.name.c_str());
      auto* list = mnl_attr_nest_start(m, NFTA_SET_ELEM_LIST_ELEMENTS);
      for (size_t i = start; i < end; ++i) put_element(m, elements[i], set.key_bytes);
      mnl_attr_nest_end(m, list);
    };
    transaction.add(NFT_MSG_NEWSETELEM, NLM_F_CREATE, "the elements of set " + set.name, fill,
                    256 + (end - start) * kElementBytes);
  }
}

void add_chain(Transaction& transaction, const char* table, const ChainDefinition& chain) {
  nftnl_chain_set_str(chain.chain.get(), NFTNL_CHAIN_TABLE, table);
  transaction.add(NFT_MSG_NEWCHAIN, NLM_F_CREATE, std::string("chain ") + chain.name,
                  [&](nlmsghdr* m) { nftnl_chain_nlmsg_build_payload(m, chain.chain.get()); });
}

void add_rule(Transaction& transaction, const char* table, const RuleDefinition& rule,
              const std::string& comment) {
  nftnl_rule_set_str(rule.rule.get(), NFTNL_RULE_TABLE, table);
  if (!comment.empty()) {
    const auto bytes = comment_user_data(comment);
    nftnl_rule_set_data(rule.rule.get(), NFTNL_RULE_USERDATA, bytes.data(),
                        static_cast<uint32_t>(bytes.size()));
  }
  transaction.add(NFT_MSG_NEWRULE, NLM_F_CREATE | NLM_F_APPEND, std::string("rule \"") + rule.text + "\"",
                  [&](nlmsghdr* m) { nftnl_rule_nlmsg_build_payload(m, rule.rule.get()); });
}

void delete_rules(Transaction& transaction, const char* table) {
  transaction.add(NFT_MSG_DELRULE, 0, "the rules to delete",
                  [&](nlmsghdr* m) { mnl_attr_put_strz(m, NFTA_RULE_TABLE, table); });
}

void delete_set(Transaction& transaction, const char* table, const std::string& set) {
  transaction.add(NFT_MSG_DELSET, 0, "set " + set + " to delete", [&](nlmsghdr* m) {
    mnl_attr_put_strz(m, NFTA_SET_TABLE, table);
    mnl_attr_put_strz(m, NFTA_SET_NAME, set.c_str());
  });
}

void delete_chain(Transaction& transaction, const char* table, const std::string& chain) {
  transaction.add(NFT_MSG_DELCHAIN, 0, "chain " + chain + " to delete", [&](nlmsghdr* m) {
    mnl_attr_put_strz(m, NFTA_CHAIN_TABLE, table);
    mnl_attr_put_strz(m, NFTA_CHAIN_NAME, chain.c_str());
  });
}

void add_sets(Transaction& transaction, const Ruleset& ruleset, const Shape& shape,
              const Features& features) {
  uint32_t id = 0;
  for (const SetDefinition& set : set_definitions(shape)) {
    add_set(transaction, kTableName, set, ++id, set.is_counted && features.element_counters);
    const auto intervals = set.key_bytes == kPortBytes ? to_intervals(ruleset.ports)
                                                       : to_intervals(ruleset.allow_from, set.key_bytes);
    add_elements(transaction, kTableName, set, to_elements(intervals, set.key_bytes));
  }
}

void add_chains(Transaction& transaction, const Shape& shape) {
  for (const ChainDefinition& chain : chain_definitions(shape)) add_chain(transaction, kTableName, chain);
}

void add_rules(Transaction& transaction, const Shape& shape, const Features& features) {
  std::string comment = features.table_comments ? "" : kMark;
  for (const RuleDefinition& rule : rule_definitions(shape)) {
    add_rule(transaction, kTableName, rule, comment);
    comment.clear();
  }
}

void add_drain_table(Transaction& transaction, const Ruleset& ruleset, uint32_t flags,
                     const Features& features) {
  add_table(transaction, kTableName, flags, features.table_comments, NLM_F_CREATE | NLM_F_EXCL);
  const Shape shape = shape_of(ruleset);
  add_sets(transaction, ruleset, shape, features);
  add_chains(transaction, shape);
  add_rules(transaction, shape, features);
}

}  // namespace nftables
