// What each file of this folder adds to the module's exports.
#pragma once

#include <napi.h>

namespace binding {

// Firewall
void export_firewall(Napi::Env env, Napi::Object exports);
// connections, destroy
void export_connections(Napi::Env env, Napi::Object exports);
// tryKernel, listBaseChains, listLegacyPrerouting
void export_survey(Napi::Env env, Napi::Object exports);
// findIptablesChain, notify, lock, openPipe, releaseResidentMemory
void export_host(Napi::Env env, Napi::Object exports);

}  // namespace binding
