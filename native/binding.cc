// The module that node loads: converts arguments and results, nothing else. Its type is declared in
// src/firewall/binding.ts.
#include <napi.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "async_task.hh"
#include "connections/count.hh"
#include "connections/destroy.hh"
#include "inet/port_set.hh"
#include "iptables/chain.hh"
#include "nftables/drain_table.hh"
#include "nftables/monitor.hh"
#include "process/lock_file.hh"
#include "process/pipe.hh"
#include "systemd/notify.hh"

namespace {

using netlink::Error;
using netlink::ErrorCode;

// --- Arguments. Each conversion throws kBadArgument naming the field. ---

[[noreturn]] void refuse(const std::string& field, const std::string& must_be) {
  throw Error(ErrorCode::kBadArgument, field + " must be " + must_be);
}

// Runs a conversion; a failure becomes the JavaScript error of `operation`.
template <typename Conversion>
auto convert_arguments(Napi::Env env, const char* operation, Conversion conversion) {
  try {
    return conversion();
  } catch (const Error&) {
    throw to_js_error(env, operation, std::current_exception());
  }
}

Napi::Object to_object(const Napi::Value& value, const std::string& field) {
  if (!value.IsObject()) refuse(field, "an object");
  return value.As<Napi::Object>();
}

Napi::Array to_array(const Napi::Value& value, const std::string& field) {
  if (!value.IsArray()) refuse(field, "an array");
  return value.As<Napi::Array>();
}

bool to_bool(const Napi::Value& value, const std::string& field) {
  if (!value.IsBoolean()) refuse(field, "a boolean");
  return value.As<Napi::Boolean>().Value();
}

uint16_t to_port(const Napi::Value& value, const std::string& field) {
  const double number = value.IsNumber() ? value.As<Napi::Number>().DoubleValue() : 0;
  if (!(number >= 1 && number <= 65535) || number != std::floor(number))
    refuse(field, "an integer from 1 to 65535");
  return static_cast<uint16_t>(number);
}

std::vector<nftables::PortRange> to_ports(const Napi::Value& value, const std::string& field) {
  const auto array = to_array(value, field);
  std::vector<nftables::PortRange> ports;
  // Longer lists are refused later by their length; this bounds what is converted.
  const uint32_t count = std::min<uint32_t>(array.Length(), nftables::kMaxPortRanges + 1);
  ports.reserve(count);
  for (uint32_t i = 0; i < count; ++i) {
    const std::string name = field + "[" + std::to_string(i) + "]";
    const auto range = to_object(array.Get(i), name);
    ports.push_back(
        {to_port(range.Get("first"), name + ".first"), to_port(range.Get("last"), name + ".last")});
  }
  return ports;
}

inet::PortSet to_port_set(const Napi::Value& value) {
  std::vector<inet::PortRange> ranges;
  for (const auto& range : to_ports(value, "ports")) ranges.push_back({range.first, range.last});
  return inet::PortSet(std::move(ranges));
}

std::string to_text(const Napi::Value& value, const std::string& field) {
  if (!value.IsString()) refuse(field, "a string");
  return value.As<Napi::String>().Utf8Value();
}

nftables::Ruleset to_ruleset(const Napi::Value& value) {
  const auto object = to_object(value, "ruleset");
  nftables::Ruleset ruleset;
  ruleset.ports = to_ports(object.Get("ports"), "ruleset.ports");
  const auto allowed = to_array(object.Get("allowFrom"), "ruleset.allowFrom");
  for (uint32_t i = 0; i < allowed.Length(); ++i) {
    const std::string name = "ruleset.allowFrom[" + std::to_string(i) + "]";
    const Napi::Value element = allowed.Get(i);
    const auto prefix =
        element.IsString() ? nftables::parse_prefix(element.As<Napi::String>().Utf8Value()) : std::nullopt;
    if (!prefix) refuse(name, "a canonical CIDR prefix such as \"192.0.2.0/24\"");
    ruleset.allow_from.push_back(*prefix);
  }
  ruleset.include_loopback = to_bool(object.Get("includeLoopback"), "ruleset.includeLoopback");
  nftables::validate(ruleset);
  return ruleset;
}

bool to_may_own(const Napi::Value& value) {
  const auto ownership = value.IsString() ? value.As<Napi::String>().Utf8Value() : std::string();
  if (ownership != "auto" && ownership != "plain") refuse("options.ownership", "auto or plain");
  return ownership == "auto";
}

nftables::DrainTable::Without to_without(const Napi::Value& value) {
  nftables::DrainTable::Without without;
  const auto names = to_array(value, "options.without");
  for (uint32_t i = 0; i < names.Length(); ++i) {
    const auto name = Napi::Value(names.Get(i)).ToString().Utf8Value();
    if (name == "elementCounters") {
      without.element_counters = true;
    } else if (name == "tableComments") {
      without.table_comments = true;
    } else {
      refuse("options.without[" + std::to_string(i) + "]", "elementCounters or tableComments");
    }
  }
  return without;
}

// --- Results. ---

Napi::Value or_null(Napi::Env env, const std::string& text) {
  return text.empty() ? env.Null() : Napi::String::New(env, text);
}

Napi::Value from_ruleset(Napi::Env env, const nftables::Ruleset& ruleset) {
  auto ports = Napi::Array::New(env, ruleset.ports.size());
  for (uint32_t i = 0; i < ruleset.ports.size(); ++i) {
    auto range = Napi::Object::New(env);
    range.Set("first", Napi::Number::New(env, ruleset.ports[i].first));
    range.Set("last", Napi::Number::New(env, ruleset.ports[i].last));
    ports.Set(i, range);
  }
  auto allowed = Napi::Array::New(env, ruleset.allow_from.size());
  for (uint32_t i = 0; i < ruleset.allow_from.size(); ++i) {
    allowed.Set(i, Napi::String::New(env, nftables::format_prefix(ruleset.allow_from[i])));
  }
  auto object = Napi::Object::New(env);
  object.Set("ports", ports);
  object.Set("allowFrom", allowed);
  object.Set("includeLoopback", Napi::Boolean::New(env, ruleset.include_loopback));
  return object;
}

Napi::Value from_counts(Napi::Env env, const std::optional<std::vector<uint64_t>>& counts) {
  if (!counts) return env.Null();
  auto array = Napi::Array::New(env, counts->size());
  for (uint32_t i = 0; i < counts->size(); ++i) {
    array.Set(i, Napi::Number::New(env, static_cast<double>((*counts)[i])));
  }
  return array;
}

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
  object.Set("refused", from_counts(env, contents.refused));
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
  auto per_range = Napi::Array::New(env, count.per_range.size());
  for (uint32_t i = 0; i < count.per_range.size(); ++i) {
    per_range.Set(i, Napi::Number::New(env, count.per_range[i]));
  }
  object.Set("perRange", per_range);
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

// --- The monitor's way from its thread to JavaScript. ---

class MonitorBridge : public std::enable_shared_from_this<MonitorBridge> {
 public:
  static std::shared_ptr<MonitorBridge> open(Napi::Env env, uint32_t own_port_id, Napi::Function on_event,
                                             Napi::Function on_error) {
    const auto bridge = std::shared_ptr<MonitorBridge>(new MonitorBridge(env, on_event, on_error));
    try {
      bridge->monitor_ = std::make_unique<nftables::Monitor>(
          own_port_id,
          [b = bridge.get()](nftables::RulesetEvent event) {
            b->post({std::move(event), nullptr});
          },
          [b = bridge.get()](std::exception_ptr failure) {
            b->post({{}, std::move(failure)});
          });
    } catch (...) {
      bridge->close();
      throw;
    }
    return bridge;
  }

  ~MonitorBridge() { close(); }
  MonitorBridge(const MonitorBridge&) = delete;
  MonitorBridge& operator=(const MonitorBridge&) = delete;

  bool is_open() const { return is_open_; }

  // JavaScript thread. Joins the listening thread; nothing is delivered afterwards. Idempotent.
  void close() {
    monitor_.reset();
    if (!is_open_) return;
    is_open_ = false;
    napi_remove_env_cleanup_hook(env_, &MonitorBridge::on_environment_end, this);
    to_js_.Abort();
  }

 private:
  struct Delivery {
    nftables::RulesetEvent event;
    std::exception_ptr failure;
  };

  // Deliveries that JavaScript has not taken yet; the one after them is an overflow.
  static constexpr size_t kMaxQueued = 1024;

  MonitorBridge(Napi::Env env, Napi::Function on_event, Napi::Function on_error)
      : env_(env),
        on_error_(Napi::Persistent(on_error)),
        to_js_(Napi::ThreadSafeFunction::New(env, on_event, "cs-instance-watcher:monitor", kMaxQueued, 1)) {
    // Hooks run last in, first out: this one ends the thread before the environment ends the function it
    // calls.
    napi_add_env_cleanup_hook(env_, &MonitorBridge::on_environment_end, this);
  }

  static void on_environment_end(void* data) { static_cast<MonitorBridge*>(data)->close(); }

  // Listening thread.
  void post(Delivery delivery) {
    if (std::exchange(was_full_, false)) delivery.event.is_overflow = true;
    auto owned = std::make_unique<Delivery>(std::move(delivery));
    const auto status = to_js_.NonBlockingCall(
        owned.get(), [bridge = weak_from_this()](Napi::Env env, Napi::Function on_event, Delivery* d) {
          const std::unique_ptr<Delivery> taken(d);
          const auto open = bridge.lock();
          if (open && open->is_open_) open->deliver(env, on_event, *taken);
        });
    if (status == napi_ok) {
      owned.release();
    } else {
      was_full_ = status == napi_queue_full;
    }
  }

  // JavaScript thread.
  void deliver(Napi::Env env, Napi::Function on_event, const Delivery& delivery) {
    if (delivery.failure) {
      on_error_.Call({to_js_error(env, "monitor", delivery.failure).Value()});
    } else {
      on_event.Call({from_event(env, delivery.event)});
    }
  }

  napi_env env_;
  Napi::FunctionReference on_error_;
  Napi::ThreadSafeFunction to_js_;
  bool is_open_ = true;
  // Listening thread only.
  bool was_full_ = false;
  std::unique_ptr<nftables::Monitor> monitor_;
};

// --- The class that JavaScript sees. ---

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
    try {
      const auto options = to_object(info[0], "options");
      return std::make_shared<nftables::DrainTable>(to_may_own(options.Get("ownership")),
                                                    to_without(options.Get("without")));
    } catch (const Error&) {
      throw to_js_error(info.Env(), "open", std::current_exception());
    }
  }

  // The table stays open until the tasks begun before close() have ended.
  std::shared_ptr<nftables::DrainTable> table(Napi::Env env, const char* operation) {
    if (table_) return table_;
    throw to_js_error(env, operation,
                      std::make_exception_ptr(Error(ErrorCode::kClosed, "the firewall was closed")));
  }

  Napi::Value apply(const Napi::CallbackInfo& info) {
    const auto env = info.Env();
    const auto table = this->table(env, "apply");
    auto ruleset = convert_arguments(env, "apply", [&] { return to_ruleset(info[0]); });
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
    const auto bridge = convert_arguments(env, "monitor", [&] {
      if (!info[0].IsFunction()) refuse("onEvent", "a function");
      if (!info[1].IsFunction()) refuse("onError", "a function");
      return MonitorBridge::open(env, table->port_id(), info[0].As<Napi::Function>(),
                                 info[1].As<Napi::Function>());
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

// --- Functions that need no table. ---

// connections(ports, includeLoopback)
Napi::Value count_connections(const Napi::CallbackInfo& info) {
  auto ports = convert_arguments(info.Env(), "connections", [&] { return to_port_set(info[0]); });
  const bool include_loopback =
      convert_arguments(info.Env(), "connections", [&] { return to_bool(info[1], "includeLoopback"); });
  return run_async(
      info.Env(), "connections",
      [ports = std::move(ports), include_loopback] {
        return connections::count_connections(ports, include_loopback);
      },
      from_connection_count);
}

// destroy(ports, includeLoopback)
Napi::Value destroy_connections(const Napi::CallbackInfo& info) {
  auto ports = convert_arguments(info.Env(), "destroy", [&] { return to_port_set(info[0]); });
  const bool include_loopback =
      convert_arguments(info.Env(), "destroy", [&] { return to_bool(info[1], "includeLoopback"); });
  return run_async(
      info.Env(), "destroy",
      [ports = std::move(ports), include_loopback] {
        return connections::destroy_connections(ports, include_loopback);
      },
      from_destroyed);
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

// findIptablesChain(name)
Napi::Value find_iptables_chain(const Napi::CallbackInfo& info) {
  constexpr char kOperation[] = "findIptablesChain";
  auto name = convert_arguments(info.Env(), kOperation, [&] { return to_text(info[0], "name"); });
  return run_async(
      info.Env(), kOperation, [name = std::move(name)] { return iptables::find_chain(name); },
      from_chain_presence);
}

// notify(socketPath, text)
void notify(const Napi::CallbackInfo& info) {
  try {
    systemd::notify(to_text(info[0], "socketPath"), to_text(info[1], "text"));
  } catch (const std::runtime_error&) {
    throw to_js_error(info.Env(), "notify", std::current_exception());
  }
}

process::LockFile take_lock(const std::string& path) {
  auto attempt = process::LockFile::try_acquire(path);
  if (auto* lock = std::get_if<process::LockFile>(&attempt)) return std::move(*lock);
  const auto& pid = std::get<process::LockHolder>(attempt).pid;
  throw Error(ErrorCode::kLocked,
              path + " is held by " + (pid ? "process " + std::to_string(*pid) : "another process"), 0,
              pid ? std::to_string(*pid) : "");
}

// lock(path); returns the function that lets go of it. The cleanup hook keeps the lock when that function is
// forgotten and collected, and lets go of it with the environment.
Napi::Value lock(const Napi::CallbackInfo& info) {
  try {
    const auto held = std::make_shared<process::LockFile>(take_lock(to_text(info[0], "path")));
    info.Env().AddCleanupHook([held] { held->release(); });
    return Napi::Function::New(info.Env(), [held](const Napi::CallbackInfo&) { held->release(); });
  } catch (const std::runtime_error&) {
    throw to_js_error(info.Env(), "lock", std::current_exception());
  }
}

// openPipe(); returns the two descriptors, the caller's to close.
Napi::Value open_pipe(const Napi::CallbackInfo& info) {
  try {
    const auto pipe = process::open_pipe();
    auto object = Napi::Object::New(info.Env());
    object.Set("readFd", Napi::Number::New(info.Env(), pipe.read_fd));
    object.Set("writeFd", Napi::Number::New(info.Env(), pipe.write_fd));
    return object;
  } catch (const std::runtime_error&) {
    throw to_js_error(info.Env(), "openPipe", std::current_exception());
  }
}

Napi::Object initialise(Napi::Env env, Napi::Object exports) {
  exports.Set("Firewall", Firewall::define(env));
  exports.Set("connections", Napi::Function::New(env, count_connections));
  exports.Set("destroy", Napi::Function::New(env, destroy_connections));
  exports.Set("findIptablesChain", Napi::Function::New(env, find_iptables_chain));
  exports.Set("notify", Napi::Function::New(env, notify));
  exports.Set("lock", Napi::Function::New(env, lock));
  exports.Set("openPipe", Napi::Function::New(env, open_pipe));
  return exports;
}

}  // namespace

NODE_API_MODULE(addon, initialise)
