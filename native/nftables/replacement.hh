// Replaces what the drain table holds while it goes on refusing: its base chain stays in the packets' path,
// and every packet finds one ruleset whole, the old or the new.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "nftables/features.hh"
#include "nftables/ruleset.hh"
#include "nftables/table_reader.hh"
#include "nftables/transaction.hh"

namespace nftables {

// What goes when the contents of a table are replaced, but for its rules, which all go.
struct ReplacedParts {
  std::vector<std::string> sets;
  std::vector<std::string> chains;
};

// Nothing when the table must go as a whole: its flags, its mark or its base chain are not those wanted. An
// orphan's flags are those wanted of an owned table, as it can be adopted. Objects and flow tables, which
// nothing of ours holds, are not among the parts.
std::optional<ReplacedParts> replaceable_parts(TableReader& reader, const TableHeader& header, uint32_t flags,
                                               const Features& features);

// How many generations later the ruleset is then.
inline constexpr uint32_t kReplacementSteps = 3;

// Commits the transactions that do it, up to the first that is refused. Each is guarded by its generation,
// from `generation` on, in which `parts` were read: when another writer comes in between, the outcome is
// stale, and what was committed refuses as before or as wanted, but is not the table that is read back.
Transaction::Outcome replace_contents(netlink::Socket& socket, uint32_t generation,
                                      const ReplacedParts& parts, const Ruleset& ruleset, uint32_t flags,
                                      const Features& features);

}  // namespace nftables
