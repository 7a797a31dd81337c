#include "inet/port_set.hh"

#include <algorithm>
#include <string>
#include <utility>

#include "netlink/error.hh"

namespace inet {

PortSet::PortSet(std::vector<PortRange> ranges) : ranges_(std::move(ranges)) {
  uint16_t previous_last = 0;
  for (size_t i = 0; i < ranges_.size(); i++) {
    const PortRange& range = ranges_[i];
    // The first port must be above the end of the range before, which for the very first range means "not 0".
    if (range.first <= previous_last || range.last < range.first) {
      throw netlink::Error(netlink::ErrorCode::kBadArgument,
                           "ports[" + std::to_string(i) + "] (" + std::to_string(range.first) + "-" +
                               std::to_string(range.last) + ") is empty or not above the range before it");
    }
    previous_last = range.last;
  }
}

std::optional<size_t> PortSet::find(uint16_t port) const {
  const auto after = std::upper_bound(ranges_.begin(), ranges_.end(), port,
                                      [](uint16_t p, const PortRange& range) { return p < range.first; });
  if (after == ranges_.begin()) return std::nullopt;
  const auto candidate = after - 1;
  if (port > candidate->last) return std::nullopt;
  return static_cast<size_t>(candidate - ranges_.begin());
}

}  // namespace inet
