#include "binding/monitor_bridge.hh"

#include <cstddef>
#include <utility>

#include "binding/js_error.hh"
#include "binding/results.hh"

namespace binding {
namespace {

// Deliveries that JavaScript has not taken yet; the one after them is an overflow.
constexpr size_t kMaxQueued = 1024;

}  // namespace

std::shared_ptr<MonitorBridge> MonitorBridge::open(Napi::Env env, Napi::Object owner, uint32_t own_port_id,
                                                   Napi::Function on_event, Napi::Function on_error) {
  auto bridge = std::shared_ptr<MonitorBridge>(new MonitorBridge(env, owner, on_event, on_error));
  try {
    bridge->monitor_ = std::make_unique<nftables::Monitor>(
        own_port_id, [b = bridge.get()](nftables::RulesetEvent event) { b->post(std::move(event), nullptr); },
        [b = bridge.get()](std::exception_ptr failure) { b->post({}, std::move(failure)); });
  } catch (...) {
    bridge->close();
    throw;
  }
  return bridge;
}

MonitorBridge::MonitorBridge(Napi::Env env, Napi::Object owner, Napi::Function on_event,
                             Napi::Function on_error)
    : env_(env),
      owner_(Napi::Persistent(owner)),
      on_error_(Napi::Persistent(on_error)),
      to_js_(ToJs::New(env, on_event, "cs-instance-watcher:monitor", kMaxQueued, 1)) {
  // Hooks run last in, first out: this one ends the thread before the environment ends the function it calls.
  napi_add_env_cleanup_hook(env_, &MonitorBridge::on_environment_end, this);
}

void MonitorBridge::close() {
  monitor_.reset();
  if (!is_open_) return;
  is_open_ = false;
  napi_remove_env_cleanup_hook(env_, &MonitorBridge::on_environment_end, this);
  to_js_.Abort();
  owner_.Reset();
}

void MonitorBridge::on_environment_end(void* data) { static_cast<MonitorBridge*>(data)->close(); }

void MonitorBridge::post(nftables::RulesetEvent event, std::exception_ptr failure) {
  if (std::exchange(was_full_, false)) event.is_overflow = true;
  auto delivery =
      std::unique_ptr<Delivery>(new Delivery{std::move(event), std::move(failure), weak_from_this()});
  const auto status = to_js_.NonBlockingCall(delivery.get());
  if (status == napi_ok) {
    static_cast<void>(delivery.release());
  } else {
    was_full_ = status == napi_queue_full;
  }
}

void MonitorBridge::take(Napi::Env env, Napi::Function on_event, std::nullptr_t*, Delivery* delivery) {
  const std::unique_ptr<Delivery> taken(delivery);
  const auto bridge = taken->bridge.lock();
  if (static_cast<napi_env>(env) == nullptr || !bridge || !bridge->is_open_) return;
  if (taken->failure) {
    bridge->on_error_.Call({to_js_error(env, "monitor", taken->failure).Value()});
  } else {
    on_event.Call({from_event(env, taken->event)});
  }
}

}  // namespace binding
