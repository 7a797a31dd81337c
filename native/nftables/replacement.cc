#include "nftables/replacement.hh"

#include <linux/netfilter/nf_tables.h>

#include "nftables/definition.hh"
#include "nftables/messages.hh"
#include "nftables/table_contents.hh"

namespace nftables {

std::optional<ReplacedParts> replaceable_parts(TableReader& reader, const TableHeader& header, uint32_t flags,
                                               const Features& features) {
  const bool is_adoptable = flags == kOwnedFlags && header.flags == kOrphanFlags;
  if (header.flags != flags && !is_adoptable) return std::nullopt;
  // The kernel changes no table's comment.
  if (header.is_commented != features.table_comments || header.comment != kMark) return std::nullopt;
  const auto base = reader.chain(kBaseChain);
  if (!base || !is_chain_but_for_policy(*base, chain_definitions({}).front())) return std::nullopt;

  // What belongs to a rule goes with it.
  ReplacedParts parts;
  for (const FoundSet& set : reader.sets()) {
    if (!(set.flags & NFT_SET_ANONYMOUS)) parts.sets.push_back(set.name);
  }
  for (const FoundChain& chain : reader.chains()) {
    if (chain.name != kBaseChain && !(chain.flags & NFT_CHAIN_BINDING)) parts.chains.push_back(chain.name);
  }
  return parts;
}

// A packet reads the generation once for all rules of a base chain, and once more in every set, and what a
// transaction does to a set's elements shows before or after the rules change, by the kernel's version. So no
// set may change in the transaction in which the rules do: on Linux 6.18, 14,500 replacements of rules and
// sets together let 630 SYNs in, and as many as this let none. The new rules first look into sets of interim
// names, filled beforehand, until those of the usual names are filled too.
Transaction::Outcome replace_contents(netlink::Socket& socket, uint32_t generation,
                                      const ReplacedParts& parts, const Ruleset& ruleset, uint32_t flags,
                                      const Features& features) {
  const Shape wanted = shape_of(ruleset);
  Shape interim = wanted;
  interim.set_suffix = "-" + std::to_string(generation);

  Transaction fill(socket, generation);
  add_table(fill, kTableName, flags, features.table_comments);
  add_sets(fill, ruleset, interim, features);
  auto outcome = fill.commit();
  if (!outcome.refusals.empty()) return outcome;

  // Here the new ruleset takes effect, all of it at once.
  Transaction change(socket, generation_after(generation, 1));
  delete_rules(change, kTableName);
  // Sets first: a map may hold jumps to a chain.
  for (const std::string& set : parts.sets) delete_set(change, kTableName, set);
  for (const std::string& chain : parts.chains) delete_chain(change, kTableName, chain);
  add_sets(change, ruleset, wanted, features);
  add_chains(change, wanted);
  add_rules(change, interim, features);
  outcome = change.commit();
  if (!outcome.refusals.empty()) return outcome;

  Transaction settle(socket, generation_after(generation, 2));
  delete_rules(settle, kTableName);
  add_rules(settle, wanted, features);
  for (const SetDefinition& set : set_definitions(interim)) delete_set(settle, kTableName, set.name);
  return settle.commit();
}

}  // namespace nftables
