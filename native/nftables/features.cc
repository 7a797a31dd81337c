#include "nftables/features.hh"

#include <arpa/inet.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <sys/utsname.h>

#include <array>
#include <cerrno>
#include <set>

#include "nftables/messages.hh"

namespace nftables {
namespace {

constexpr char kTrialTable[] = "cs-instance-watcher-trial";

// The places of the trial messages in the batch. What comes from kNeeded on the table cannot do without.
enum Trial : size_t {
  kOwnerPersist,
  kDestroyTable,
  kOverlongComment,
  kTable,
  kCountedSet,
  kBrokenCounter,
  kNeeded
};

void put_table(nlmsghdr* message, const std::string& name, uint32_t flags) {
  mnl_attr_put_strz(message, NFTA_TABLE_NAME, name.c_str());
  mnl_attr_put_u32(message, NFTA_TABLE_FLAGS, htonl(flags));
}

void add_trials(Transaction& trial) {
  const std::string table = kTrialTable;
  trial.add(NFT_MSG_NEWTABLE, NLM_F_CREATE, "table flags",
            [&](nlmsghdr* m) { put_table(m, table + "-owned", kOwnedFlags); });
  trial.add(kDestroyTableMessage, 0, "destroying a table",
            [&](nlmsghdr* m) { mnl_attr_put_strz(m, NFTA_TABLE_NAME, (table + "-none").c_str()); });
  // A kernel without comments ignores the attribute, one with them refuses more than NFT_USERDATA_MAXLEN
  // bytes.
  trial.add(NFT_MSG_NEWTABLE, NLM_F_CREATE, "table comment", [&](nlmsghdr* m) {
    const std::array<char, NFT_USERDATA_MAXLEN + 1> overlong{};
    put_table(m, table + "-commented", 0);
    mnl_attr_put(m, NFTA_TABLE_USERDATA, overlong.size(), overlong.data());
  });
  // Dormant, so that its base chain never enters the packets' path: taking one out again drops what waits in
  // any nfqueue of the network namespace.
  add_table(trial, kTrialTable, NFT_TABLE_F_DORMANT, false);

  uint32_t id = 0;
  SetDefinition counted = set_definitions({}).front();
  counted.name = "counted";
  add_set(trial, kTrialTable, counted, ++id, true);
  // Likewise: a kernel with element counters refuses one that has no name.
  trial.add(NFT_MSG_NEWSET, NLM_F_CREATE, "element counter", [&](nlmsghdr* m) {
    mnl_attr_put_strz(m, NFTA_SET_TABLE, kTrialTable);
    mnl_attr_put_strz(m, NFTA_SET_NAME, "broken");
    mnl_attr_put_u32(m, NFTA_SET_FLAGS, htonl(NFT_SET_INTERVAL));
    mnl_attr_put_u32(m, NFTA_SET_KEY_LEN, htonl(kPortBytes));
    mnl_attr_put_u32(m, NFTA_SET_ID, htonl(++id));
    mnl_attr_nest_end(m, mnl_attr_nest_start(m, NFTA_SET_EXPR));
  });

  // But for the closing chain: not every kernel has conntrack, and loading its rules starts it.
  Shape everything;
  everything.allows_ipv4 = everything.allows_ipv6 = true;
  for (const SetDefinition& set : set_definitions(everything)) add_set(trial, kTrialTable, set, ++id, false);
  for (const ChainDefinition& chain : chain_definitions(everything)) add_chain(trial, kTrialTable, chain);
  for (const RuleDefinition& rule : rule_definitions(everything)) add_rule(trial, kTrialTable, rule, "");
}

}  // namespace

Features probe_features(netlink::Socket& socket) {
  Transaction trial(socket);
  add_trials(trial);
  const auto outcome = trial.rehearse();

  std::set<size_t> refused;
  std::string missing;
  int error = 0;
  for (const Transaction::Refusal& refusal : outcome.refusals) {
    const int refusal_error = refusal.verdict.error;
    if (!refusal.message) {
      throw netlink::system_error("cannot try the kernel's features", refusal_error, refusal.verdict.detail);
    }
    refused.insert(*refusal.message);
    if (*refusal.message != kTable && *refusal.message < kNeeded) continue;
    missing +=
        (missing.empty() ? "" : ", ") + refusal.subject + " (" + netlink::errno_text(refusal_error) + ")";
    error = refusal_error;
  }
  if (!missing.empty()) {
    throw netlink::Error(netlink::ErrorCode::kNoNftables, "the kernel's nf_tables lacks what the table needs",
                         error, missing);
  }
  if (outcome.is_unknown) throw netlink::system_error("cannot try the kernel's features", ENOBUFS);

  utsname host;
  uname(&host);
  Features features;
  features.owner_persist = refused.count(kOwnerPersist) == 0;
  features.destroy_table = refused.count(kDestroyTable) == 0;
  features.table_comments = refused.count(kOverlongComment) == 1;
  features.element_counters = refused.count(kCountedSet) == 0 && refused.count(kBrokenCounter) == 1;
  features.kernel_release = host.release;
  return features;
}

}  // namespace nftables
