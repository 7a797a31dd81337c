// For the torture by worker threads: how many bytes the process has from malloc and has not given back.
#include <malloc.h>
#include <node_api.h>

static napi_value live_bytes(napi_env env, napi_callback_info info) {
  (void)info;
  napi_value result = NULL;
  napi_create_double(env, (double)mallinfo2().uordblks, &result);
  return result;
}

NAPI_MODULE_INIT() {
  napi_value function = NULL;
  napi_create_function(env, "liveBytes", NAPI_AUTO_LENGTH, live_bytes, NULL, &function);
  napi_set_named_property(env, exports, "liveBytes", function);
  return exports;
}
