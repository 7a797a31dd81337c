// The monitor's way from its thread to JavaScript.
#pragma once

#include <napi.h>

#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>

#include "nftables/monitor.hh"

namespace binding {

class MonitorBridge : public std::enable_shared_from_this<MonitorBridge> {
 public:
  // Listens until close(), and until then keeps `owner` from being collected. `on_event` gets RulesetEvents;
  // `on_error` gets the Error that ended the listening, if one did. Throws netlink::Error, and
  // std::system_error when there can be no more threads.
  static std::shared_ptr<MonitorBridge> open(Napi::Env env, Napi::Object owner, uint32_t own_port_id,
                                             Napi::Function on_event, Napi::Function on_error);
  // Deleting a reference fails only for one that is none.
  ~MonitorBridge() { close(); }  // NOLINT(bugprone-exception-escape)
  MonitorBridge(const MonitorBridge&) = delete;
  MonitorBridge& operator=(const MonitorBridge&) = delete;

  bool is_open() const { return is_open_; }

  // JavaScript thread. Joins the listening thread; nothing is delivered afterwards. Idempotent.
  void close();

 private:
  struct Delivery {
    nftables::RulesetEvent event;
    std::exception_ptr failure;
    std::weak_ptr<MonitorBridge> bridge;
  };

  // JavaScript thread; without an environment when that has ended before the delivery was taken.
  static void take(Napi::Env env, Napi::Function on_event, std::nullptr_t*, Delivery* delivery);
  using ToJs = Napi::TypedThreadSafeFunction<std::nullptr_t, Delivery, &MonitorBridge::take>;

  MonitorBridge(Napi::Env env, Napi::Object owner, Napi::Function on_event, Napi::Function on_error);
  static void on_environment_end(void* data);

  // Listening thread.
  void post(nftables::RulesetEvent event, std::exception_ptr failure);

  napi_env env_;
  Napi::ObjectReference owner_;
  Napi::FunctionReference on_error_;
  ToJs to_js_;
  bool is_open_ = true;
  // Listening thread only.
  bool was_full_ = false;
  std::unique_ptr<nftables::Monitor> monitor_;
};

}  // namespace binding
