#include "nftables/definition.hh"

#include <linux/netfilter.h>
#include <linux/netfilter/nf_conntrack_common.h>
#include <linux/netfilter/nf_conntrack_tuple_common.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/rtnetlink.h>
#include <netinet/tcp.h>

#include <cstring>
#include <utility>

#include "nftables/expressions.hh"

namespace nftables {
namespace {

// The loopback interface is the first of every network namespace.
constexpr uint32_t kLoopbackIndex = 1;
// Conntrack is at -200, destination NAT at -100.
constexpr int32_t kPriority = -150;
// NFTNL_UDATA_TABLE_COMMENT and NFTNL_UDATA_RULE_COMMENT.
constexpr uint8_t kCommentType = 0;

// nft's own numbers of its data types (enum datatypes in its datatype.h).
constexpr uint32_t kTypeIpv4Address = 7;
constexpr uint32_t kTypeIpv6Address = 8;
constexpr uint32_t kTypeInetService = 13;

class RuleBuilder {
 public:
  RuleBuilder(const char* chain, const char* text)
      : definition_{chain, text, own<RuleHandle>(nftnl_rule_alloc())} {
    nftnl_rule_set_u32(rule(), NFTNL_RULE_FAMILY, NFPROTO_INET);
    nftnl_rule_set_str(rule(), NFTNL_RULE_TABLE, kTableName);
    nftnl_rule_set_str(rule(), NFTNL_RULE_CHAIN, chain);
  }

  RuleBuilder& add(ExpressionHandle expression) {
    nftnl_rule_add_expr(rule(), expression.release());
    return *this;
  }

  // meta l4proto tcp, on which every match on a TCP field depends
  RuleBuilder& tcp() { return add(meta(NFT_META_L4PROTO)).add(compare_byte(IPPROTO_TCP)); }
  // meta nfproto, on which every match on an address depends in an inet table
  RuleBuilder& family(uint8_t protocol) { return add(meta(NFT_META_NFPROTO)).add(compare_byte(protocol)); }

  // meta iif != lo: what the loopback interface delivers is not concerned
  RuleBuilder& not_loopback() {
    return add(meta(NFT_META_IIF)).add(compare(NFT_CMP_NEQ, &kLoopbackIndex, sizeof kLoopbackIndex));
  }
  // tcp flags & MASK == VALUE, after tcp()
  RuleBuilder& tcp_flags(uint8_t bits, uint8_t value) {
    constexpr uint32_t kFlagsOffset = 13;
    return add(payload(NFT_PAYLOAD_TRANSPORT_HEADER, kFlagsOffset, 1))
        .add(mask(&bits, sizeof bits))
        .add(compare(NFT_CMP_EQ, &value, sizeof value));
  }
  // dport @SET reject with tcp reset, after tcp()
  RuleBuilder& reject_ports(const std::string& set) {
    constexpr uint32_t kDestinationPortOffset = 2;
    return add(payload(NFT_PAYLOAD_TRANSPORT_HEADER, kDestinationPortOffset, kPortBytes))
        .add(lookup(set))
        .add(reject_with_reset());
  }

  RuleDefinition take() { return std::move(definition_); }

 private:
  nftnl_rule* rule() { return definition_.rule.get(); }
  static ExpressionHandle compare_byte(uint8_t value) { return compare(NFT_CMP_EQ, &value, sizeof value); }

  RuleDefinition definition_;
};

RuleDefinition jump_rule(bool include_loopback) {
  RuleBuilder builder(kBaseChain,
                      include_loopback
                          ? "tcp flags & (fin|syn|rst|ack) == syn jump new-connection"
                          : "iif != \"lo\" tcp flags & (fin|syn|rst|ack) == syn jump new-connection");
  if (!include_loopback) builder.not_loopback();
  return builder.tcp()
      .tcp_flags(TH_FIN | TH_SYN | TH_RST | TH_ACK, TH_SYN)
      .add(jump_verdict(kRefusingChain))
      .take();
}

// What is left of the connections to published ports has no socket of this host that could be destroyed.
// Their client's packets come by here before the port that was dialled is rewritten, so "an address of this
// host" and "one of our ports" are asked as for a SYN. Farther on, a forward chain would find that port in
// conntrack, but not whose address it was: it would also reset what containers have open to the same port of
// a virtual address elsewhere.
RuleDefinition closing_jump_rule() {
  const uint8_t original = IP_CT_DIR_ORIGINAL;
  const uint32_t rewritten = IPS_DST_NAT;
  const uint32_t none = 0;
  return RuleBuilder(kBaseChain, "iif != \"lo\" ct direction original ct status dnat jump closing")
      .not_loopback()
      .add(conntrack(NFT_CT_DIRECTION))
      .add(compare(NFT_CMP_EQ, &original, sizeof original))
      .add(conntrack(NFT_CT_STATUS))
      .add(mask(&rewritten, sizeof rewritten))
      .add(compare(NFT_CMP_NEQ, &none, sizeof none))
      .add(jump_verdict(kClosingChain))
      .take();
}

// A RST must pass: it is how the other end learns. A client that was reset answers what the container still
// sends with one.
RuleDefinition closing_reset_rule(const Shape& shape) {
  return RuleBuilder(kClosingChain, "tcp flags ! rst tcp dport @closing-ports reject with tcp reset")
      .tcp()
      .tcp_flags(TH_RST, 0)
      .reject_ports(kClosingPortSet + shape.set_suffix)
      .take();
}

// Packets to other hosts, those of containers among them, are not ours to refuse.
RuleDefinition local_destination_rule(const char* chain) {
  const uint32_t local = RTN_LOCAL;
  return RuleBuilder(chain, "fib daddr type != local return")
      .add(fib_destination_type())
      .add(compare(NFT_CMP_NEQ, &local, sizeof local))
      .add(return_verdict())
      .take();
}

RuleDefinition allow_ipv4_rule(const char* chain, const Shape& shape) {
  constexpr uint32_t kSourceOffset = 12;
  return RuleBuilder(chain, "ip saddr @allow4 return")
      .family(NFPROTO_IPV4)
      .add(payload(NFT_PAYLOAD_NETWORK_HEADER, kSourceOffset, kIpv4Bytes))
      .add(lookup(kAllowIpv4Set + shape.set_suffix))
      .add(return_verdict())
      .take();
}

RuleDefinition allow_ipv6_rule(const char* chain, const Shape& shape) {
  constexpr uint32_t kSourceOffset = 8;
  return RuleBuilder(chain, "ip6 saddr @allow6 return")
      .family(NFPROTO_IPV6)
      .add(payload(NFT_PAYLOAD_NETWORK_HEADER, kSourceOffset, kIpv6Bytes))
      .add(lookup(kAllowIpv6Set + shape.set_suffix))
      .add(return_verdict())
      .take();
}

// Last, so that the elements' counters count refusals only.
RuleDefinition reject_rule(const Shape& shape) {
  return RuleBuilder(kRefusingChain, "tcp dport @ports reject with tcp reset")
      .tcp()
      .reject_ports(kPortSet + shape.set_suffix)
      .take();
}

// Whom the port rule at the end of a chain is not for.
void add_exemptions(std::vector<RuleDefinition>& rules, const char* chain, const Shape& shape) {
  rules.push_back(local_destination_rule(chain));
  if (shape.allows_ipv4) rules.push_back(allow_ipv4_rule(chain, shape));
  if (shape.allows_ipv6) rules.push_back(allow_ipv6_rule(chain, shape));
}

ChainHandle chain(const char* name) {
  auto handle = own<ChainHandle>(nftnl_chain_alloc());
  nftnl_chain_set_u32(handle.get(), NFTNL_CHAIN_FAMILY, NFPROTO_INET);
  nftnl_chain_set_str(handle.get(), NFTNL_CHAIN_TABLE, kTableName);
  nftnl_chain_set_str(handle.get(), NFTNL_CHAIN_NAME, name);
  return handle;
}

}  // namespace

bool is_mark(const std::string& comment) {
  const std::string name = std::string(kTableName) + ' ';
  if (comment.compare(0, name.size(), name) != 0) return false;
  // The version: digits, then the end or the words for people.
  const size_t end = comment.find_first_not_of("0123456789", name.size());
  return end != name.size() && name.size() < comment.size() &&
         (end == std::string::npos || comment[end] == ' ');
}

std::string comment_user_data(const std::string& comment) {
  std::string bytes{static_cast<char>(kCommentType), static_cast<char>(comment.size() + 1)};
  bytes += comment;
  bytes += '\0';
  return bytes;
}

std::string comment_of_user_data(const void* bytes, size_t length) {
  const auto* position = static_cast<const uint8_t*>(bytes);
  while (length >= 2 && static_cast<size_t>(position[1]) + 2 <= length) {
    const size_t value_length = position[1];
    const auto* value = reinterpret_cast<const char*>(position + 2);
    if (position[0] == kCommentType) return std::string(value, strnlen(value, value_length));
    position += value_length + 2;
    length -= value_length + 2;
  }
  return {};
}

Shape shape_of(const Ruleset& ruleset) {
  Shape shape;
  shape.include_loopback = ruleset.include_loopback;
  shape.closing = ruleset.closing;
  for (const Prefix& prefix : ruleset.allow_from) {
    (prefix.width == kIpv4Bytes ? shape.allows_ipv4 : shape.allows_ipv6) = true;
  }
  return shape;
}

std::vector<SetDefinition> set_definitions(const Shape& shape) {
  const std::string& suffix = shape.set_suffix;
  std::vector<SetDefinition> sets{{kPortSet + suffix, kTypeInetService, kPortBytes, true}};
  if (shape.closing) sets.push_back({kClosingPortSet + suffix, kTypeInetService, kPortBytes, false});
  if (shape.allows_ipv4) sets.push_back({kAllowIpv4Set + suffix, kTypeIpv4Address, kIpv4Bytes, false});
  if (shape.allows_ipv6) sets.push_back({kAllowIpv6Set + suffix, kTypeIpv6Address, kIpv6Bytes, false});
  return sets;
}

std::vector<RuleDefinition> rule_definitions(const Shape& shape) {
  std::vector<RuleDefinition> rules;
  rules.push_back(jump_rule(shape.include_loopback));
  if (shape.closing) rules.push_back(closing_jump_rule());
  add_exemptions(rules, kRefusingChain, shape);
  rules.push_back(reject_rule(shape));
  if (shape.closing) {
    add_exemptions(rules, kClosingChain, shape);
    rules.push_back(closing_reset_rule(shape));
  }
  return rules;
}

std::vector<ChainDefinition> chain_definitions(const Shape& shape) {
  auto base = chain(kBaseChain);
  nftnl_chain_set_str(base.get(), NFTNL_CHAIN_TYPE, "filter");
  nftnl_chain_set_u32(base.get(), NFTNL_CHAIN_HOOKNUM, NF_INET_PRE_ROUTING);
  nftnl_chain_set_s32(base.get(), NFTNL_CHAIN_PRIO, kPriority);
  nftnl_chain_set_u32(base.get(), NFTNL_CHAIN_POLICY, NF_ACCEPT);
  std::vector<ChainDefinition> chains;
  chains.push_back({kBaseChain, std::move(base)});
  chains.push_back({kRefusingChain, chain(kRefusingChain)});
  if (shape.closing) chains.push_back({kClosingChain, chain(kClosingChain)});
  return chains;
}

}  // namespace nftables
