// The drain table (README, "The table"), installed, replaced, removed and read through one long-lived socket
// that owns it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "netlink/socket.hh"
#include "nftables/features.hh"
#include "nftables/ruleset.hh"
#include "nftables/table_contents.hh"
#include "nftables/table_reader.hh"

namespace nftables {

// Mirrors Inspection in src/firewall/ruleset.ts.
struct Inspection {
  enum class Table { kAbsent, kForeign, kOurs };
  enum class Holder { kUs, kNobody, kOther };

  Table table = Table::kAbsent;
  std::string comment;
  // All below only for kOurs.
  bool is_owned = false;
  Holder holder = Holder::kNobody;
  TableContents contents;
};

// Not thread-safe: one call at a time, in any thread. Every call throws netlink::Error.
class DrainTable {
 public:
  // What to do without although the kernel has it, as on older ones: for tests.
  struct Without {
    bool element_counters = false;
    bool table_comments = false;
  };

  // `may_own`: the table is owned where the kernel can, else it is plain.
  DrainTable(bool may_own, Without without);

  // Makes the table be `ruleset`: nothing is sent if it is already, an intact table whose owner died is taken
  // over as it is, anything else of ours is replaced, without a moment in which it refuses less where that
  // can be. Reads back what the kernel then holds. When the call before found no table, or removed it, and
  // nobody changed the ruleset since, this one does not look first.
  Inspection apply(const Ruleset& ruleset);
  // An absent table is success.
  void remove();
  Inspection inspect();
  Features probe();

  uint32_t port_id() const { return socket_.port_id(); }

 private:
  struct Reading;

  const Features& features();
  // `generation` is the one that the reading is to be of.
  Reading read_from(uint32_t generation);
  // `made`: the generation that a commit of ours just made, if it is known.
  Reading read_stable(std::optional<uint32_t> made = std::nullopt);
  // Throws kForeignTable or kTableHeld if the table is not ours to change.
  void require_changeable(const TableHeader& header) const;
  Inspection inspection_of(const Reading& reading) const;

  netlink::Socket socket_;
  TableReader reader_;
  const bool may_own_;
  const Without without_;
  std::optional<Features> features_;
  // A generation in which there was no table of our name: what is decided by that needs no other reading, as
  // the guard refuses it in any other.
  std::optional<uint32_t> absent_in_;
};

}  // namespace nftables
