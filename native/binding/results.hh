// The addon's values as JavaScript's (declared in src/firewall/native-values.ts, ruleset.ts and iptables.ts).
#pragma once

#include <napi.h>

#include <optional>
#include <vector>

#include "connections/count.hh"
#include "connections/destroy.hh"
#include "iptables/chain.hh"
#include "iptables/legacy_prerouting.hh"
#include "nftables/base_chains.hh"
#include "nftables/drain_table.hh"
#include "nftables/features.hh"
#include "nftables/monitor.hh"
#include "trial/kernel_trial.hh"

namespace binding {

Napi::Value from_inspection(Napi::Env env, const nftables::Inspection& inspection);
Napi::Value from_features(Napi::Env env, const nftables::Features& features);
Napi::Value from_event(Napi::Env env, const nftables::RulesetEvent& event);
Napi::Value from_connection_count(Napi::Env env, const connections::Count& count);
Napi::Value from_destroyed(Napi::Env env, const connections::Destroyed& destroyed);
Napi::Value from_chain_presence(Napi::Env env, const iptables::ChainPresence& presence);
Napi::Value from_prerouting_tables(Napi::Env env,
                                   const std::optional<std::vector<iptables::PreroutingTable>>& tables);
Napi::Value from_base_chains(Napi::Env env, const std::vector<nftables::BaseChain>& chains);
Napi::Value from_kernel_trial(Napi::Env env, const trial::KernelTrial& trial);

}  // namespace binding
