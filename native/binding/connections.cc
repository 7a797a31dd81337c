// Functions on connections, which need no table.
#include <utility>

#include "binding/arguments.hh"
#include "binding/async_task.hh"
#include "binding/exports.hh"
#include "binding/js_error.hh"
#include "binding/results.hh"

namespace binding {
namespace {

// connections(ports, includeLoopback)
Napi::Value count_connections(const Napi::CallbackInfo& info) {
  auto ports = with_js_errors(info.Env(), "connections", [&] { return to_port_set(info[0]); });
  const bool include_loopback =
      with_js_errors(info.Env(), "connections", [&] { return to_bool(info[1], "includeLoopback"); });
  return run_async(
      info.Env(), "connections",
      [ports = std::move(ports), include_loopback] {
        return connections::count_connections(ports, include_loopback);
      },
      from_connection_count);
}

// destroy(ports, includeLoopback)
Napi::Value destroy_connections(const Napi::CallbackInfo& info) {
  auto ports = with_js_errors(info.Env(), "destroy", [&] { return to_port_set(info[0]); });
  const bool include_loopback =
      with_js_errors(info.Env(), "destroy", [&] { return to_bool(info[1], "includeLoopback"); });
  return run_async(
      info.Env(), "destroy",
      [ports = std::move(ports), include_loopback] {
        return connections::destroy_connections(ports, include_loopback);
      },
      from_destroyed);
}

}  // namespace

void export_connections(Napi::Env env, Napi::Object exports) {
  exports.Set("connections", Napi::Function::New(env, count_connections));
  exports.Set("destroy", Napi::Function::New(env, destroy_connections));
}

}  // namespace binding
