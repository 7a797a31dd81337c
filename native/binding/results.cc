#include "binding/results.hh"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace binding {
namespace {

Napi::Value or_null(Napi::Env env, const std::string& text) {
  return text.empty() ? env.Null() : Napi::String::New(env, text);
}

// As in binding/arguments.cc: the first and last port of each range.
Napi::Value from_ports(Napi::Env env, const std::vector<nftables::PortRange>& ports) {
  auto array = Napi::Uint16Array::New(env, ports.size() * 2);
  uint16_t* bounds = array.Data();
  for (const auto& [first, last] : ports) {
    *bounds++ = first;
    *bounds++ = last;
  }
  return array;
}

template <typename Count>
Napi::Value from_counts(Napi::Env env, const std::vector<Count>& counts) {
  auto array = Napi::Float64Array::New(env, counts.size());
  std::copy(counts.begin(), counts.end(), array.Data());
  return array;
}

Napi::Value from_ruleset(Napi::Env env, const nftables::Ruleset& ruleset) {
  auto allowed = Napi::Array::New(env, ruleset.allow_from.size());
  for (uint32_t i = 0; i < ruleset.allow_from.size(); ++i) {
    allowed.Set(i, Napi::String::New(env, nftables::format_prefix(ruleset.allow_from[i])));
  }
  auto object = Napi::Object::New(env);
  object.Set("ports", from_ports(env, ruleset.ports));
  object.Set("allowFrom", allowed);
  object.Set("includeLoopback", Napi::Boolean::New(env, ruleset.include_loopback));
  object.Set("closing", Napi::Boolean::New(env, ruleset.closing));
  return object;
}

}  // namespace

Napi::Value from_inspection(Napi::Env env, const nftables::Inspection& inspection) {
  using Inspection = nftables::Inspection;
  auto object = Napi::Object::New(env);
  switch (inspection.table) {
    case Inspection::Table::kAbsent:
      object.Set("table", "absent");
      return object;
    case Inspection::Table::kForeign:
      object.Set("table", "foreign");
      object.Set("comment", or_null(env, inspection.comment));
      return object;
    case Inspection::Table::kOurs:
      break;
  }
  const auto holder = inspection.holder == Inspection::Holder::kUs       ? "us"
                      : inspection.holder == Inspection::Holder::kNobody ? "nobody"
                                                                         : "other";
  const auto& contents = inspection.contents;
  object.Set("table", "ours");
  object.Set("ownership", inspection.is_owned ? "owned" : "plain");
  object.Set("holder", holder);
  object.Set("ruleset", contents.ruleset ? from_ruleset(env, *contents.ruleset) : env.Null());
  object.Set("difference", or_null(env, contents.difference));
  object.Set("refused", contents.refused ? from_counts(env, *contents.refused) : env.Null());
  return object;
}

Napi::Value from_features(Napi::Env env, const nftables::Features& features) {
  auto object = Napi::Object::New(env);
  object.Set("ownerPersist", Napi::Boolean::New(env, features.owner_persist));
  object.Set("destroyTable", Napi::Boolean::New(env, features.destroy_table));
  object.Set("elementCounters", Napi::Boolean::New(env, features.element_counters));
  object.Set("tableComments", Napi::Boolean::New(env, features.table_comments));
  object.Set("kernelRelease", Napi::String::New(env, features.kernel_release));
  return object;
}

Napi::Value from_connection_count(Napi::Env env, const connections::Count& count) {
  auto object = Napi::Object::New(env);
  object.Set("known", Napi::Boolean::New(env, count.is_known));
  if (!count.is_known) {
    object.Set("reason", count.reason);
    return object;
  }
  object.Set("perRange", from_counts(env, count.per_range));
  object.Set("total", Napi::Number::New(env, static_cast<double>(count.total)));
  object.Set("idle", Napi::Number::New(env, static_cast<double>(count.idle)));
  return object;
}

Napi::Value from_destroyed(Napi::Env env, const connections::Destroyed& destroyed) {
  auto object = Napi::Object::New(env);
  object.Set("closed", Napi::Number::New(env, static_cast<double>(destroyed.closed)));
  object.Set("failed", Napi::Number::New(env, static_cast<double>(destroyed.failed)));
  return object;
}

Napi::Value from_event(Napi::Env env, const nftables::RulesetEvent& event) {
  auto object = Napi::Object::New(env);
  object.Set("kind", event.is_overflow ? "overflow" : "changed");
  object.Set("pid", event.pid ? Napi::Number::New(env, *event.pid) : env.Null());
  object.Set("command", or_null(env, event.command));
  return object;
}

Napi::Value from_chain_presence(Napi::Env env, const iptables::ChainPresence& presence) {
  const auto known = [env](const std::optional<bool>& part) -> Napi::Value {
    return part ? Napi::Boolean::New(env, *part) : env.Null();
  };
  auto object = Napi::Object::New(env);
  object.Set("nft", known(presence.nft));
  object.Set("legacy", known(presence.legacy));
  return object;
}

Napi::Value from_prerouting_tables(Napi::Env env,
                                   const std::optional<std::vector<iptables::PreroutingTable>>& tables) {
  if (!tables) return env.Null();
  auto array = Napi::Array::New(env, tables->size());
  for (uint32_t i = 0; i < tables->size(); ++i) {
    auto object = Napi::Object::New(env);
    object.Set("family", (*tables)[i].family);
    object.Set("table", (*tables)[i].table);
    array.Set(i, object);
  }
  return array;
}

Napi::Value from_base_chains(Napi::Env env, const std::vector<nftables::BaseChain>& chains) {
  auto array = Napi::Array::New(env, chains.size());
  for (uint32_t i = 0; i < chains.size(); ++i) {
    const nftables::BaseChain& chain = chains[i];
    auto object = Napi::Object::New(env);
    object.Set("family", chain.family);
    object.Set("table", chain.table);
    object.Set("name", chain.name);
    object.Set("hook", chain.hook);
    object.Set("priority", Napi::Number::New(env, chain.priority));
    object.Set("policy", chain.drops_by_policy ? "drop" : "accept");
    object.Set("refuses", Napi::Boolean::New(env, chain.refuses));
    array.Set(i, object);
  }
  return array;
}

Napi::Value from_kernel_trial(Napi::Env env, const trial::KernelTrial& trial) {
  auto object = Napi::Object::New(env);
  if (trial.not_run_reason) {
    object.Set("kind", "not-run");
    object.Set("reason", *trial.not_run_reason);
    return object;
  }
  auto steps = Napi::Array::New(env, trial.steps.size());
  for (uint32_t i = 0; i < trial.steps.size(); ++i) {
    const trial::Step& step = trial.steps[i];
    auto entry = Napi::Object::New(env);
    entry.Set("name", step.name);
    entry.Set("ok", Napi::Boolean::New(env, step.problem.empty()));
    entry.Set("required", Napi::Boolean::New(env, step.is_required));
    entry.Set("detail", or_null(env, step.problem));
    steps.Set(i, entry);
  }
  object.Set("kind", "run");
  object.Set("kernelRelease", trial.kernel_release);
  object.Set("steps", steps);
  return object;
}

}  // namespace binding
