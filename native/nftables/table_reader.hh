// Reads what the kernel holds under our table's name, one kind of object a call.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "netlink/socket.hh"
#include "nftables/definition.hh"
#include "nftables/intervals.hh"

namespace nftables {

// A socket to nf_tables. Throws netlink::Error, kNoNftables where the kernel cannot have any.
netlink::Socket open_socket();

struct TableHeader {
  uint32_t flags = 0;
  // The port id of the live socket that owns the table, 0 for none.
  uint32_t owner = 0;
  uint64_t handle = 0;
  // How many chains, sets and other objects the table holds.
  uint32_t uses = 0;
  // The table's, or else that of one of its rules that is our mark; empty for none.
  std::string comment;
  // Whether it is the table's.
  bool is_commented = false;

  bool is_ours() const { return is_mark(comment); }
};

struct FoundSet {
  std::string name;
  uint32_t flags;
  uint32_t key_type;
  uint32_t key_bytes;
};

struct FoundChain {
  std::string name;
  uint32_t flags;
};

struct FoundRule {
  std::string chain;
  // NFTA_RULE_EXPRESSIONS, with its header.
  std::vector<char> expressions;
  std::string comment;
};

class TableReader {
 public:
  explicit TableReader(netlink::Socket& socket) : socket_(socket) {}

  // The number of the kernel's ruleset, another after every transaction in this network namespace. Throws
  // netlink::Error kNoPermission or kNoNftables.
  uint32_t generation();

  // Nothing when there is no table of our name.
  std::optional<TableHeader> header();

  std::vector<FoundSet> sets();
  std::vector<FoundChain> chains();
  // Those of all chains, each chain's in their order.
  std::vector<FoundRule> rules();
  // The attributes of a chain; nothing when there is none of this name.
  std::optional<std::vector<char>> chain(const char* name);
  // Nothing when the set holds elements that nobody of ours writes.
  std::optional<std::vector<Interval>> intervals(const SetDefinition& set);

  // Whether a listing since the last call was interrupted by a change, and so may be torn.
  bool was_interrupted();

 private:
  using Fill = std::function<void(nlmsghdr*)>;
  netlink::Socket::Answer get(uint16_t type, uint16_t flags, const Fill& fill,
                              const netlink::Socket::OnMessage& on_message);
  void list(uint16_t type, const char* what, const Fill& fill, const netlink::Socket::OnMessage& on_message);

  netlink::Socket& socket_;
  bool interrupted_ = false;
};

}  // namespace nftables
