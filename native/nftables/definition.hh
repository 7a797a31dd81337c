// The drain table as a value: everything of it that is the same for all its users. The transaction
// writes it, the reader compares what the kernel holds with it.
#pragma once

#include <linux/netfilter/nf_tables.h>
#include <linux/netlink.h>

#include <string>
#include <vector>

#include "nftables/handles.hh"
#include "nftables/ruleset.hh"

namespace nftables {

inline constexpr char kTableName[] = "cs-instance-watcher";
inline constexpr char kBaseChain[] = "prerouting";
inline constexpr char kRefusingChain[] = "new-connection";
inline constexpr char kClosingChain[] = "closing";
inline constexpr char kPortSet[] = "ports";
inline constexpr char kClosingPortSet[] = "closing-ports";
inline constexpr char kAllowIpv4Set[] = "allow4";
inline constexpr char kAllowIpv6Set[] = "allow6";

// Newer than the headers of Debian 12: Linux 6.9 and 6.3.
inline constexpr uint32_t kTablePersistFlag = 0x4;
inline constexpr uint16_t kDestroyTableMessage = 26;

// The flags of an owned table, and what the kernel leaves of them when its owner's socket closes.
inline constexpr uint32_t kOwnedFlags = NFT_TABLE_F_OWNER | kTablePersistFlag;
inline constexpr uint32_t kOrphanFlags = kTablePersistFlag;

// Our mark, "NAME VERSION ...", which nft shows and restores. It is the table's comment; where the kernel
// keeps none (before Linux 5.10) it is the comment of the first rule.
inline constexpr char kMark[] =
    "cs-instance-watcher 1 refuses new TCP connections while this instance drains";
// Whether a comment is our mark, of whatever version.
bool is_mark(const std::string& comment);

// A comment as nft keeps it in the user data of tables and rules, and back (empty when there is none).
std::string comment_user_data(const std::string& comment);
std::string comment_of_user_data(const void* bytes, size_t length);

// What of the table depends on the ruleset and not only on the sets' elements, and on what the kernel can.
struct Shape {
  bool include_loopback = false;
  bool allows_ipv4 = false;
  bool allows_ipv6 = false;
  bool closing = false;
  // Ends the name of every set: while a table is replaced, it holds sets of two rulesets.
  std::string set_suffix = {};
};
Shape shape_of(const Ruleset& ruleset);

struct SetDefinition {
  std::string name;
  // nft's number of the key's type: how it prints the elements.
  uint32_t key_type;
  uint32_t key_bytes;
  // Whether its elements count, where the kernel can: what the port set counts are the SYNs refused.
  bool is_counted;
};
// In the order in which the table has them.
std::vector<SetDefinition> set_definitions(const Shape& shape);

struct RuleDefinition {
  const char* chain;
  // As nft prints it, for messages.
  const char* text;
  RuleHandle rule;
};
std::vector<RuleDefinition> rule_definitions(const Shape& shape);

struct ChainDefinition {
  const char* name;
  ChainHandle chain;
};
std::vector<ChainDefinition> chain_definitions(const Shape& shape);

}  // namespace nftables
