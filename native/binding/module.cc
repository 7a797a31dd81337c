// The module that node loads. This folder is the only one that knows Node-API: it converts arguments and
// results, runs the work off the JavaScript thread, and nothing else. Its type is declared in
// src/firewall/binding.ts.
#include <napi.h>

#include "binding/exports.hh"

namespace {

Napi::Object initialise(Napi::Env env, Napi::Object exports) {
  binding::export_firewall(env, exports);
  binding::export_connections(env, exports);
  binding::export_survey(env, exports);
  binding::export_host(env, exports);
  return exports;
}

}  // namespace

NODE_API_MODULE(addon, initialise)
