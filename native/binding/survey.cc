// What the kernel can do, and what it has in the packets' path: for doctor, and without a table.
#include "binding/async_task.hh"
#include "binding/exports.hh"
#include "binding/results.hh"
#include "iptables/legacy_prerouting.hh"
#include "nftables/base_chains.hh"
#include "trial/kernel_trial.hh"

namespace binding {
namespace {

// tryKernel()
Napi::Value try_kernel(const Napi::CallbackInfo& info) {
  return run_async(info.Env(), "tryKernel", trial::try_kernel, from_kernel_trial);
}

// listBaseChains()
Napi::Value list_base_chains(const Napi::CallbackInfo& info) {
  return run_async(info.Env(), "listBaseChains", nftables::list_base_chains, from_base_chains);
}

// listLegacyPrerouting()
Napi::Value list_legacy_prerouting(const Napi::CallbackInfo& info) {
  return run_async(info.Env(), "listLegacyPrerouting", iptables::legacy_prerouting_tables,
                   from_prerouting_tables);
}

}  // namespace

void export_survey(Napi::Env env, Napi::Object exports) {
  exports.Set("tryKernel", Napi::Function::New(env, try_kernel));
  exports.Set("listBaseChains", Napi::Function::New(env, list_base_chains));
  exports.Set("listLegacyPrerouting", Napi::Function::New(env, list_legacy_prerouting));
}

}  // namespace binding
