// The count of a drain, which joins routes, tracked connections and sockets.
#include <cstdlib>
#include <numeric>

#include "connections/count.hh"
#include "connections/destroy.hh"
#include "target.hh"

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  return fuzz::run(data, size, [](uint8_t choice) {
    const inet::PortSet ports({{80, 80}, {443, 445}, {1024, 65535}});
    if ((choice & 2) != 0) {
      connections::destroy_connections(ports, (choice & 1) != 0);
      return;
    }
    const auto count = connections::count_connections(ports, (choice & 1) != 0);
    if (!count.is_known) return;
    const auto sum = std::accumulate(count.per_range.begin(), count.per_range.end(), uint64_t{0});
    if (sum != count.total) std::abort();
  });
}
