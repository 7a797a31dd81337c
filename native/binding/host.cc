// Functions on the host around the firewall: the old tool's chains, the service manager, the lock, pipes,
// memory.
#include <cstddef>
#include <memory>
#include <string>
#include <utility>
#include <variant>

#include "binding/arguments.hh"
#include "binding/async_task.hh"
#include "binding/exports.hh"
#include "binding/js_error.hh"
#include "binding/results.hh"
#include "iptables/chain.hh"
#include "netlink/error.hh"
#include "process/lock_file.hh"
#include "process/pipe.hh"
#include "process/resident_memory.hh"
#include "systemd/notify.hh"

namespace binding {
namespace {

// findIptablesChain(name)
Napi::Value find_iptables_chain(const Napi::CallbackInfo& info) {
  constexpr char kOperation[] = "findIptablesChain";
  auto name = with_js_errors(info.Env(), kOperation, [&] { return to_text(info[0], "name"); });
  return run_async(
      info.Env(), kOperation, [name = std::move(name)] { return iptables::find_chain(name); },
      from_chain_presence);
}

// notify(socketPath, text)
void notify(const Napi::CallbackInfo& info) {
  with_js_errors(info.Env(), "notify",
                 [&] { systemd::notify(to_text(info[0], "socketPath"), to_text(info[1], "text")); });
}

process::LockFile take_lock(const std::string& path) {
  auto attempt = process::LockFile::try_acquire(path);
  if (auto* lock = std::get_if<process::LockFile>(&attempt)) return std::move(*lock);
  const auto& pid = std::get<process::LockHolder>(attempt).pid;
  throw netlink::Error(netlink::ErrorCode::kLocked,
                       path + " is held by " + (pid ? "process " + std::to_string(*pid) : "another process"),
                       0, pid ? std::to_string(*pid) : "");
}

// lock(path); returns the function that lets go of it. The cleanup hook keeps the lock when that function is
// forgotten and collected, and lets go of it with the environment.
Napi::Value lock(const Napi::CallbackInfo& info) {
  return with_js_errors(info.Env(), "lock", [&] {
    const auto held = std::make_shared<process::LockFile>(take_lock(to_text(info[0], "path")));
    info.Env().AddCleanupHook([held] { held->release(); });
    return Napi::Function::New(info.Env(), [held](const Napi::CallbackInfo&) { held->release(); });
  });
}

// openPipe(); returns the two descriptors, the caller's to close.
Napi::Value open_pipe(const Napi::CallbackInfo& info) {
  const auto pipe = with_js_errors(info.Env(), "openPipe", process::open_pipe);
  auto object = Napi::Object::New(info.Env());
  object.Set("readFd", Napi::Number::New(info.Env(), pipe.read_fd));
  object.Set("writeFd", Napi::Number::New(info.Env(), pipe.write_fd));
  return object;
}

// releaseResidentMemory()
Napi::Value release_resident_memory(const Napi::CallbackInfo& info) {
  return run_async(
      info.Env(), "releaseResidentMemory",
      [] {
        process::release_resident_memory();
        return nullptr;
      },
      [](Napi::Env env, std::nullptr_t) { return env.Undefined(); });
}

}  // namespace

void export_host(Napi::Env env, Napi::Object exports) {
  exports.Set("findIptablesChain", Napi::Function::New(env, find_iptables_chain));
  exports.Set("notify", Napi::Function::New(env, notify));
  exports.Set("lock", Napi::Function::New(env, lock));
  exports.Set("openPipe", Napi::Function::New(env, open_pipe));
  exports.Set("releaseResidentMemory", Napi::Function::New(env, release_resident_memory));
}

}  // namespace binding
