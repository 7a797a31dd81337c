#include "binding/js_error.hh"

#include <cerrno>
#include <system_error>

#include "netlink/error.hh"

namespace binding {

Napi::Error to_js_error(Napi::Env env, const std::string& operation, const std::exception_ptr& failure) {
  const auto make = [&](const char* code, const std::string& message, int error_number,
                        const std::string& detail) {
    auto error = Napi::Error::New(env, operation + ": " + message);
    error.Set("operation", Napi::String::New(env, operation));
    error.Set("code", Napi::String::New(env, code));
    error.Set("errno", Napi::Number::New(env, error_number));
    error.Set("detail", Napi::String::New(env, detail));
    return error;
  };
  try {
    std::rethrow_exception(failure);
  } catch (const netlink::Error& error) {
    return make(to_string(error.code()), error.what(), error.error_number(), error.detail());
  } catch (const std::system_error& error) {
    return make(error.code().value() == EPERM ? "no-permission" : "kernel", error.what(),
                error.code().value(), "");
  } catch (const std::exception& error) {
    return make("kernel", error.what(), 0, "");
  }
}

}  // namespace binding
