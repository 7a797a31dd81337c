#include "nftables/base_chains.hh"

#include <libnftnl/common.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>

#include <cerrno>
#include <functional>
#include <map>
#include <set>
#include <tuple>
#include <utility>

#include "inet/dump.hh"
#include "netlink/attributes.hh"
#include "nftables/rule_effects.hh"
#include "nftables/table_reader.hh"

namespace nftables {
namespace {

using netlink::Attributes;
using netlink::read_be32;
using netlink::read_string;

// Room for a request's headers and two names, of a table and of a map, as long as the kernel has them.
constexpr size_t kRequestBytes = 1024;
static_assert(kRequestBytes >= sizeof(nlmsghdr) + sizeof(nfgenmsg) + 2 * (sizeof(nlattr) + NFT_NAME_MAXLEN));

// How often all is read anew when another writer's commit came in between.
constexpr int kMaxAttempts = 10;

struct TableKey {
  uint8_t family = NFPROTO_UNSPEC;
  std::string table;

  bool operator<(const TableKey& other) const {
    return std::tie(family, table) < std::tie(other.family, other.table);
  }
};
// A chain or a map of a table.
using PartKey = std::pair<TableKey, std::string>;

std::string family_name(uint8_t family) {
  switch (family) {
    case NFPROTO_INET:
      return "inet";
    case NFPROTO_IPV4:
      return "ip";
    case NFPROTO_IPV6:
      return "ip6";
    case NFPROTO_ARP:
      return "arp";
    case NFPROTO_BRIDGE:
      return "bridge";
    case NFPROTO_NETDEV:
      return "netdev";
    default:
      return std::to_string(family);
  }
}

std::string hook_name(uint8_t family, uint32_t number) {
  static const std::vector<std::string> kArp{"input", "output", "forward"};
  static const std::vector<std::string> kNetdev{"ingress", "egress"};
  // Those of bridge have the same numbers.
  static const std::vector<std::string> kInet{"prerouting", "input",       "forward",
                                              "output",     "postrouting", "ingress"};
  const auto& names = family == NFPROTO_ARP ? kArp : family == NFPROTO_NETDEV ? kNetdev : kInet;
  return number < names.size() ? names[number] : std::to_string(number);
}

Attributes attributes_of(const nlmsghdr& message) { return Attributes::of(message, sizeof(nfgenmsg)); }

// The family that an answer is about, and the name in its first attribute: what every kind has there.
TableKey table_of(const nlmsghdr& message) {
  static_assert(NFTA_TABLE_NAME == 1 && NFTA_CHAIN_TABLE == 1 && NFTA_RULE_TABLE == 1);
  if (mnl_nlmsg_get_payload_len(&message) < sizeof(nfgenmsg)) return {};
  const auto* header = static_cast<const nfgenmsg*>(mnl_nlmsg_get_payload(&message));
  return {header->nfgen_family, std::string(read_string(attributes_of(message).find(NFTA_TABLE_NAME)))};
}

// The name is somebody else's: its length is not ours to trust.
void put_name(nlmsghdr* request, uint16_t type, const std::string& name) {
  if (!mnl_attr_put_strz_check(request, kRequestBytes, type, name.c_str())) {
    throw netlink::system_error("cannot list the elements of a map", ENAMETOOLONG);
  }
}

class Survey {
 public:
  explicit Survey(netlink::Socket& socket) : socket_(socket) {}

  std::vector<BaseChain> run() {
    read_dormant_tables();
    read_rules();
    std::vector<BaseChain> listed;
    for (auto& [table, chain] : read_base_chains()) {
      if (dormant_.count(table) != 0) continue;
      chain.refuses = chain.drops_by_policy || can_refuse({table, chain.name});
      listed.push_back(std::move(chain));
    }
    return listed;
  }

 private:
  template <typename Item, typename Read>
  std::vector<Item> dump(uint16_t type, uint8_t family, const char* what,
                         const std::function<void(nlmsghdr*)>& fill, Read read) {
    alignas(nlmsghdr) char buffer[kRequestBytes] = {};
    auto* request = nftnl_nlmsg_build_hdr(buffer, type, family, NLM_F_DUMP, 0);
    fill(request);
    return inet::dump<Item>(socket_, *request, std::string("cannot list the ") + what, read);
  }

  template <typename Item, typename Read>
  std::vector<Item> dump_all(uint16_t type, const char* what, Read read) {
    return dump<Item>(
        type, NFPROTO_UNSPEC, what, [](nlmsghdr*) {}, read);
  }

  void read_dormant_tables() {
    const auto names =
        dump_all<TableKey>(NFT_MSG_GETTABLE, "tables", [](const nlmsghdr& message, auto& list) {
          const auto flags = read_be32(attributes_of(message).find(NFTA_TABLE_FLAGS)).value_or(0);
          if (flags & NFT_TABLE_F_DORMANT) list.push_back(table_of(message));
        });
    dormant_ = {names.begin(), names.end()};
  }

  void read_rules() {
    using Rule = std::pair<PartKey, RuleEffects>;
    const auto rules = dump_all<Rule>(NFT_MSG_GETRULE, "rules", [](const nlmsghdr& message, auto& list) {
      const Attributes rule = attributes_of(message);
      list.push_back({{table_of(message), std::string(read_string(rule.find(NFTA_RULE_CHAIN)))},
                      effects_of_rule(rule.find(NFTA_RULE_EXPRESSIONS))});
    });
    for (const auto& [chain, effects] : rules) chains_[chain].add(effects);
  }

  std::vector<std::pair<TableKey, BaseChain>> read_base_chains() {
    using Found = std::pair<TableKey, BaseChain>;
    return dump_all<Found>(NFT_MSG_GETCHAIN, "chains", [](const nlmsghdr& message, auto& list) {
      const Attributes chain = attributes_of(message);
      const nlattr* hook = chain.find(NFTA_CHAIN_HOOK);
      if (hook == nullptr) return;
      const Attributes place = Attributes::nested_in(*hook);
      const TableKey table = table_of(message);
      BaseChain found;
      found.family = family_name(table.family);
      found.table = table.table;
      found.name = read_string(chain.find(NFTA_CHAIN_NAME));
      found.hook = hook_name(table.family, read_be32(place.find(NFTA_HOOK_HOOKNUM)).value_or(0));
      found.priority = static_cast<int32_t>(read_be32(place.find(NFTA_HOOK_PRIORITY)).value_or(0));
      found.drops_by_policy = read_be32(chain.find(NFTA_CHAIN_POLICY)) == static_cast<uint32_t>(NF_DROP);
      list.push_back({table, std::move(found)});
    });
  }

  // Read when a rule looks into it: most maps hold no verdicts.
  const RuleEffects& effects_of_map(const PartKey& map) {
    const auto [place, is_new] = maps_.try_emplace(map);
    if (!is_new) return place->second;
    const auto parts = dump<RuleEffects>(
        NFT_MSG_GETSETELEM, map.first.family, "elements of a map",
        [&](nlmsghdr* m) {
          put_name(m, NFTA_SET_ELEM_LIST_TABLE, map.first.table);
          put_name(m, NFTA_SET_ELEM_LIST_SET, map.second);
        },
        [](const nlmsghdr& message, auto& list) {
          list.push_back(effects_of_elements(attributes_of(message).find(NFTA_SET_ELEM_LIST_ELEMENTS)));
        });
    for (const RuleEffects& part : parts) place->second.add(part);
    return place->second;
  }

  // Visits each chain once, so it ends whatever leads to what.
  bool can_refuse(const PartKey& base) {
    std::set<std::string> seen{base.second};
    std::vector<std::string> waiting{base.second};
    while (!waiting.empty()) {
      const auto chain = chains_.find({base.first, std::move(waiting.back())});
      waiting.pop_back();
      if (chain == chains_.end()) continue;
      RuleEffects effects = chain->second;
      for (const std::string& map : chain->second.maps) effects.add(effects_of_map({base.first, map}));
      if (effects.refuses) return true;
      for (std::string& next : effects.chains) {
        if (seen.insert(next).second) waiting.push_back(std::move(next));
      }
    }
    return false;
  }

  netlink::Socket& socket_;
  std::set<TableKey> dormant_;
  std::map<PartKey, RuleEffects> chains_;
  std::map<PartKey, RuleEffects> maps_;
};

}  // namespace

std::vector<BaseChain> list_base_chains() {
  netlink::Socket socket = open_socket();
  TableReader reader(socket);
  for (int attempt = 0; attempt < kMaxAttempts; ++attempt) {
    const uint32_t generation = reader.generation();
    try {
      auto chains = Survey(socket).run();
      if (reader.generation() == generation) return chains;
    } catch (const netlink::Error&) {
      // A map may have gone since the rules were read.
      if (reader.generation() == generation) throw;
    }
  }
  throw netlink::system_error("other writers keep changing the ruleset", EAGAIN);
}

}  // namespace nftables
