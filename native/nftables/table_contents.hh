// What the kernel holds under our table's name, recognised as a ruleset that we would write, or what of it
// differs.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "nftables/definition.hh"
#include "nftables/ruleset.hh"
#include "nftables/table_reader.hh"

namespace nftables {

struct TableContents {
  // Nothing when the chains, rules or sets are not exactly ours; `difference` then says which.
  std::optional<Ruleset> ruleset;
  std::string difference;
  // Packets per range of the ports; nothing where the elements have no counters.
  std::optional<std::vector<uint64_t>> refused;
};

// Whether a chain of these attributes is of the definition's type, hook and priority, whatever its policy.
bool is_chain_but_for_policy(const std::vector<char>& attributes, const ChainDefinition& definition);

// Reads the rest of the table of this header. Whether that was torn, the reader knows. Throws netlink::Error.
TableContents read_contents(TableReader& reader, const TableHeader& header);

}  // namespace nftables
