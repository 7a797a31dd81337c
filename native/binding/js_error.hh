// How failures cross to JavaScript: C++ exceptions of whatever kind become one form of Error, here and
// nowhere else.
#pragma once

#include <napi.h>

#include <exception>
#include <string>

namespace binding {

// The JavaScript Error of a failure, with `operation`, `code`, `errno` and `detail`
// (src/firewall/native-error.ts makes it a FirewallError).
Napi::Error to_js_error(Napi::Env env, const std::string& operation, const std::exception_ptr& failure);

// Runs `body`; what it throws is thrown as the JavaScript error of `operation`. An exception of any other
// kind that leaves a callback ends the process.
template <typename Body>
auto with_js_errors(Napi::Env env, const char* operation, Body body) {
  try {
    return body();
  } catch (const Napi::Error&) {
    throw;
  } catch (const std::exception&) {
    throw to_js_error(env, operation, std::current_exception());
  }
}

}  // namespace binding
