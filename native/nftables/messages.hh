// The messages that write the drain table's parts into a transaction.
#pragma once

#include <string>
#include <vector>

#include "nftables/definition.hh"
#include "nftables/features.hh"
#include "nftables/intervals.hh"
#include "nftables/transaction.hh"

namespace nftables {

// With NLM_F_EXCL in `create`, the kernel refuses one that is there.
void add_table(Transaction& transaction, const char* table, uint32_t flags, bool with_comment,
               uint16_t create = NLM_F_CREATE);
void delete_table(Transaction& transaction, const char* table);

// `id` tells sets of one transaction apart.
void add_set(Transaction& transaction, const char* table, const SetDefinition& set, uint32_t id,
             bool with_counters);
// In as many messages as the 64 KiB limit of an attribute asks for.
void add_elements(Transaction& transaction, const char* table, const SetDefinition& set,
                  const std::vector<Element>& elements);
void add_chain(Transaction& transaction, const char* table, const ChainDefinition& chain);
// With `comment` not empty, the rule carries it.
void add_rule(Transaction& transaction, const char* table, const RuleDefinition& rule,
              const std::string& comment);

// Those of all chains; a table may have none.
void delete_rules(Transaction& transaction, const char* table);
void delete_set(Transaction& transaction, const char* table, const std::string& set);
void delete_chain(Transaction& transaction, const char* table, const std::string& chain);

// The parts of the drain table, for what makes or replaces it: the sets with their elements,
void add_sets(Transaction& transaction, const Ruleset& ruleset, const Shape& shape, const Features& features);
// the chains, where a base chain that is there only gets its policy back,
void add_chains(Transaction& transaction, const Shape& shape);
// and the rules, the first with the mark where tables have no comments.
void add_rules(Transaction& transaction, const Shape& shape, const Features& features);
// The whole table, with the mark in the form that the kernel keeps. None may be there: what the guard already
// says, unless the module was unloaded meanwhile and counts its generations anew.
void add_drain_table(Transaction& transaction, const Ruleset& ruleset, uint32_t flags,
                     const Features& features);

}  // namespace nftables
