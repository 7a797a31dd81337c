// The ports of a drain, as something a socket's port is looked up in: up to 4,096 ranges against perhaps
// 100,000 sockets.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "inet/port_range.hh"

namespace inet {

// Sorted, disjoint port ranges. Immutable.
class PortSet {
 public:
  // Throws netlink::Error kBadArgument unless every range has 1 <= first <= last and starts above the one
  // before it.
  explicit PortSet(std::vector<PortRange> ranges);

  // The index of the range that holds `port`, by binary search.
  std::optional<size_t> find(uint16_t port) const;

  size_t size() const { return ranges_.size(); }
  bool empty() const { return ranges_.empty(); }

  // The smallest range around all of them; the set must not be empty.
  PortRange envelope() const { return {ranges_.front().first, ranges_.back().last}; }

 private:
  std::vector<PortRange> ranges_;
};

}  // namespace inet
