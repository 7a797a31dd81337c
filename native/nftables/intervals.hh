// Intervals as nf_tables stores them: every interval is a start element and an end marker one past its last
// value.
#pragma once

#include <optional>
#include <vector>

#include "nftables/ruleset.hh"

namespace nftables {

struct Interval {
  Key first;
  Key last;
  // Packets counted by the kernel, where its elements have counters.
  std::optional<uint64_t> packets;
};

struct Element {
  Key key;
  bool is_end;
  std::optional<uint64_t> packets;
};

// The elements of sorted, disjoint intervals, as nft writes them: a leading end marker at 0 unless an
// interval starts there, and no end marker after the greatest value.
std::vector<Element> to_elements(const std::vector<Interval>& intervals, size_t width);

// The intervals of a set's elements, in any order; nothing if the elements are not the boundaries of disjoint
// intervals.
std::optional<std::vector<Interval>> to_intervals(std::vector<Element> elements, size_t width);

std::vector<Interval> to_intervals(const std::vector<PortRange>& ports);
// Those of the prefixes that have this width.
std::vector<Interval> to_intervals(const std::vector<Prefix>& prefixes, size_t width);

// The ranges of intervals that cover no port 0, touching ones joined, and the packets of each (nothing if any
// is without a counter).
struct CountedPorts {
  std::vector<PortRange> ports;
  std::optional<std::vector<uint64_t>> packets;
};
CountedPorts to_ports(const std::vector<Interval>& intervals);

// The fewest prefixes that cover each interval exactly, in order.
std::vector<Prefix> to_prefixes(const std::vector<Interval>& intervals, size_t width);

}  // namespace nftables
