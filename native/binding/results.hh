// The addon's values as JavaScript's (declared in src/firewall/ruleset.ts and iptables.ts).
#pragma once

#include <napi.h>

#include "connections/count.hh"
#include "connections/destroy.hh"
#include "iptables/chain.hh"
#include "nftables/drain_table.hh"
#include "nftables/features.hh"
#include "nftables/monitor.hh"

namespace binding {

Napi::Value from_inspection(Napi::Env env, const nftables::Inspection& inspection);
Napi::Value from_features(Napi::Env env, const nftables::Features& features);
Napi::Value from_event(Napi::Env env, const nftables::RulesetEvent& event);
Napi::Value from_connection_count(Napi::Env env, const connections::Count& count);
Napi::Value from_destroyed(Napi::Env env, const connections::Destroyed& destroyed);
Napi::Value from_chain_presence(Napi::Env env, const iptables::ChainPresence& presence);

}  // namespace binding
