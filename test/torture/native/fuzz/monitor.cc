// The notifications that the monitor's thread hears.
#include "nftables/monitor.hh"

#include "target.hh"

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  return fuzz::run(data, size, [](uint8_t choice) {
    nftables::Monitor monitor(
        choice, [](const nftables::RulesetEvent&) {}, [](const std::exception_ptr&) {});
    monitor.stop();
  });
}
