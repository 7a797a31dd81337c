// The blob that ip_tables hands out for a table.
#include "iptables/legacy_entries.hh"

#include <cstring>
#include <memory>

#include "target.hh"

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  // A copy of its own length, so that a byte too far is one outside of it.
  const std::unique_ptr<char[]> copy(new char[size]);
  std::memcpy(copy.get(), data, size);
  iptables::entries_have_chain(copy.get(), size, "CS-INSTANCE-WATCHER");
  return 0;
}
