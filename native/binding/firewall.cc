// The class that JavaScript sees: one drain table, its tasks in order, its monitors.
#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "binding/arguments.hh"
#include "binding/async_task.hh"
#include "binding/exports.hh"
#include "binding/js_error.hh"
#include "binding/monitor_bridge.hh"
#include "binding/results.hh"
#include "netlink/error.hh"
#include "nftables/drain_table.hh"

namespace binding {
namespace {

class Firewall : public Napi::ObjectWrap<Firewall> {
 public:
  static Napi::Function define(Napi::Env env) {
    return DefineClass(env, "Firewall",
                       {
                           InstanceMethod<&Firewall::apply>("apply"),
                           InstanceMethod<&Firewall::remove>("remove"),
                           InstanceMethod<&Firewall::inspect>("inspect"),
                           InstanceMethod<&Firewall::probe>("probe"),
                           InstanceMethod<&Firewall::monitor>("monitor"),
                           InstanceMethod<&Firewall::close>("close"),
                       });
  }

  explicit Firewall(const Napi::CallbackInfo& info)
      : ObjectWrap(info), table_(open(info)), queue_(std::make_shared<TaskQueue>()) {}

  ~Firewall() override { close_all(); }

 private:
  static std::shared_ptr<nftables::DrainTable> open(const Napi::CallbackInfo& info) {
    return with_js_errors(info.Env(), "open", [&] {
      const auto options = to_firewall_options(info[0]);
      return std::make_shared<nftables::DrainTable>(options.may_own, options.without);
    });
  }

  // The table stays open until the tasks begun before close() have ended.
  std::shared_ptr<nftables::DrainTable> table(Napi::Env env, const char* operation) {
    if (table_) return table_;
    throw to_js_error(
        env, operation,
        std::make_exception_ptr(netlink::Error(netlink::ErrorCode::kClosed, "the firewall was closed")));
  }

  Napi::Value apply(const Napi::CallbackInfo& info) {
    const auto env = info.Env();
    const auto table = this->table(env, "apply");
    auto ruleset = with_js_errors(env, "apply", [&] { return to_ruleset(info[0]); });
    return run_async(
        env, "apply", [table, ruleset = std::move(ruleset)] { return table->apply(ruleset); },
        from_inspection, queue_);
  }

  Napi::Value remove(const Napi::CallbackInfo& info) {
    const auto table = this->table(info.Env(), "remove");
    return run_async(
        info.Env(), "remove",
        [table] {
          table->remove();
          return nullptr;
        },
        [](Napi::Env env, std::nullptr_t) { return env.Undefined(); }, queue_);
  }

  Napi::Value inspect(const Napi::CallbackInfo& info) {
    const auto table = this->table(info.Env(), "inspect");
    return run_async(
        info.Env(), "inspect", [table] { return table->inspect(); }, from_inspection, queue_);
  }

  Napi::Value probe(const Napi::CallbackInfo& info) {
    const auto table = this->table(info.Env(), "probe");
    return run_async(
        info.Env(), "probe", [table] { return table->probe(); }, from_features, queue_);
  }

  // Returns the function that ends it.
  Napi::Value monitor(const Napi::CallbackInfo& info) {
    const auto env = info.Env();
    const auto table = this->table(env, "monitor");
    const auto bridge = with_js_errors(env, "monitor", [&] {
      return MonitorBridge::open(env, info.This().As<Napi::Object>(), table->port_id(),
                                 to_function(info[0], "onEvent"), to_function(info[1], "onError"));
    });
    const auto is_closed = [](const std::shared_ptr<MonitorBridge>& monitor) { return !monitor->is_open(); };
    monitors_.erase(std::remove_if(monitors_.begin(), monitors_.end(), is_closed), monitors_.end());
    monitors_.push_back(bridge);
    return Napi::Function::New(
        env, [this_monitor = std::weak_ptr<MonitorBridge>(bridge)](const Napi::CallbackInfo&) {
          if (const auto open = this_monitor.lock()) open->close();
        });
  }

  void close(const Napi::CallbackInfo&) { close_all(); }

  void close_all() {
    for (const auto& bridge : monitors_) bridge->close();
    monitors_.clear();
    table_.reset();
  }

  std::shared_ptr<nftables::DrainTable> table_;
  std::shared_ptr<TaskQueue> queue_;
  std::vector<std::shared_ptr<MonitorBridge>> monitors_;
};

}  // namespace

void export_firewall(Napi::Env env, Napi::Object exports) { exports.Set("Firewall", Firewall::define(env)); }

}  // namespace binding
