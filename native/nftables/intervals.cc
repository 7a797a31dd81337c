#include "nftables/intervals.hh"

#include <algorithm>

namespace nftables {
namespace {

// The key one greater, or nothing after the greatest.
std::optional<Key> next(Key key, size_t width) {
  for (size_t i = width; i-- > 0;) {
    if (++key[i] != 0) return key;
  }
  return std::nullopt;
}

// The key one less; the key must not be 0.
Key previous(Key key, size_t width) {
  for (size_t i = width; i-- > 0;) {
    if (key[i]-- != 0) break;
  }
  return key;
}

Key greatest(size_t width) {
  Key key{};
  std::fill_n(key.begin(), width, 0xff);
  return key;
}

Key port_key(uint16_t port) { return Key{static_cast<uint8_t>(port >> 8), static_cast<uint8_t>(port)}; }

uint16_t port_of(const Key& key) { return static_cast<uint16_t>(key[0] << 8 | key[1]); }

}  // namespace

std::vector<Element> to_elements(const std::vector<Interval>& intervals, size_t width) {
  std::vector<Element> elements;
  elements.reserve(intervals.size() * 2 + 1);
  if (!intervals.empty() && intervals.front().first != Key{}) elements.push_back({Key{}, true, {}});
  for (const Interval& interval : intervals) {
    elements.push_back({interval.first, false, {}});
    if (const auto end = next(interval.last, width)) elements.push_back({*end, true, {}});
  }
  return elements;
}

std::optional<std::vector<Interval>> to_intervals(std::vector<Element> elements, size_t width) {
  // An end marker goes before the start of the interval that it touches.
  std::sort(elements.begin(), elements.end(), [](const Element& a, const Element& b) {
    return a.key != b.key ? a.key < b.key : a.is_end && !b.is_end;
  });
  std::vector<Interval> intervals;
  intervals.reserve(elements.size() / 2);
  bool open = false;
  for (const Element& element : elements) {
    if (!element.is_end) {
      if (open) return std::nullopt;
      intervals.push_back({element.key, greatest(width), element.packets});
      open = true;
    } else if (open) {
      intervals.back().last = previous(element.key, width);
      open = false;
    }
  }
  return intervals;
}

std::vector<Interval> to_intervals(const std::vector<PortRange>& ports) {
  std::vector<Interval> intervals;
  intervals.reserve(ports.size());
  for (const PortRange& range : ports) intervals.push_back({port_key(range.first), port_key(range.last), {}});
  return intervals;
}

std::vector<Interval> to_intervals(const std::vector<Prefix>& prefixes, size_t width) {
  std::vector<Interval> intervals;
  for (const Prefix& prefix : prefixes) {
    if (prefix.width == width) intervals.push_back({prefix.address, last_address(prefix), {}});
  }
  return intervals;
}

CountedPorts to_ports(const std::vector<Interval>& intervals) {
  CountedPorts counted{{}, std::vector<uint64_t>()};
  for (const Interval& interval : intervals) {
    if (!interval.packets) counted.packets.reset();
    const uint16_t first = port_of(interval.first);
    const uint16_t last = port_of(interval.last);
    if (!counted.ports.empty() && counted.ports.back().last + 1 == first) {
      counted.ports.back().last = last;
      if (counted.packets) counted.packets->back() += *interval.packets;
    } else {
      counted.ports.push_back({first, last});
      if (counted.packets) counted.packets->push_back(*interval.packets);
    }
  }
  return counted;
}

std::vector<Prefix> to_prefixes(const std::vector<Interval>& intervals, size_t width) {
  std::vector<Prefix> prefixes;
  for (const Interval& interval : intervals) {
    std::optional<Key> start = interval.first;
    while (start && *start <= interval.last) {
      // The shortest prefix that begins here and does not pass the end.
      Prefix prefix{width, *start, static_cast<unsigned>(width * 8)};
      while (prefix.length > 0) {
        const unsigned bit = prefix.length - 1;
        if (prefix.address[bit / 8] & (0x80 >> (bit % 8))) break;
        if (last_address({width, *start, bit}) > interval.last) break;
        prefix.length = bit;
      }
      prefixes.push_back(prefix);
      start = next(last_address(prefix), width);
    }
  }
  return prefixes;
}

}  // namespace nftables
