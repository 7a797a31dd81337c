// The survey of everybody's chains, rules and maps of verdicts.
#include "nftables/base_chains.hh"

#include "target.hh"

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  return fuzz::run(data, size, [](uint8_t) { nftables::list_base_chains(); });
}
