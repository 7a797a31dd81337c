// Reads what the kernel holds under our table's name and recognises it, or says what differs.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "netlink/socket.hh"
#include "nftables/definition.hh"
#include "nftables/intervals.hh"
#include "nftables/ruleset.hh"

namespace nftables {

struct TableHeader {
  uint32_t flags = 0;
  // The port id of the live socket that owns the table, 0 for none.
  uint32_t owner = 0;
  uint64_t handle = 0;
  // How many chains, sets and other objects the table holds.
  uint32_t uses = 0;
  // The table's, or else that of one of its rules that is our mark; empty for none.
  std::string comment;

  bool is_ours() const { return is_mark(comment); }
};

struct TableContents {
  // Nothing when the chains, rules or sets are not exactly ours; `difference` then says which.
  std::optional<Ruleset> ruleset;
  std::string difference;
  // Packets per range of the ports; nothing where the elements have no counters.
  std::optional<std::vector<uint64_t>> refused;
};

class TableReader {
 public:
  explicit TableReader(netlink::Socket& socket) : socket_(socket) {}

  // The number of the kernel's ruleset, another after every transaction in this network namespace. Throws
  // netlink::Error kNoPermission or kNoNftables.
  uint32_t generation();

  // Nothing when there is no table of our name.
  std::optional<TableHeader> header();

  TableContents contents(const TableHeader& header);

  // Whether a listing since the last call was interrupted by a change, and so may be torn.
  bool was_interrupted();

 private:
  struct FoundSet {
    std::string name;
    uint32_t flags;
    uint32_t key_type;
    uint32_t key_bytes;
  };
  struct FoundRule {
    std::string chain;
    // NFTA_RULE_EXPRESSIONS, with its header.
    std::vector<char> expressions;
    std::string comment;
  };

  std::vector<FoundSet> sets();
  std::vector<FoundRule> rules();
  std::optional<std::vector<Interval>> intervals(const SetDefinition& set);

  // These return the difference, empty for none.
  std::string read_sets(TableContents& contents, Shape& shape);
  std::string compare_chains();
  std::string compare_rules(Shape& shape);

  using Fill = std::function<void(nlmsghdr*)>;
  netlink::Socket::Answer get(uint16_t type, uint16_t flags, const Fill& fill,
                              const netlink::Socket::OnMessage& on_message);
  void list(uint16_t type, const char* what, const Fill& fill, const netlink::Socket::OnMessage& on_message);

  netlink::Socket& socket_;
  bool interrupted_ = false;
};

}  // namespace nftables
