// The ports as every room of the addon has them: what a drain refuses, counts and closes.
#pragma once

#include <cstdint>

namespace inet {

// An inclusive range of TCP ports.
struct PortRange {
  uint16_t first;
  uint16_t last;

  friend bool operator==(const PortRange& a, const PortRange& b) {
    return a.first == b.first && a.last == b.last;
  }
};

}  // namespace inet
