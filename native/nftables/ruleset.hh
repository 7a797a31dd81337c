// What the drain table refuses, as plain values, and the textual form of an address prefix.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "inet/port_range.hh"

namespace nftables {

using inet::PortRange;

// A value of a set's key type in network order: a port (2 bytes), an IPv4 (4) or IPv6 (16) address. Unused
// bytes are 0, so that keys of one width compare as their numbers do.
using Key = std::array<uint8_t, 16>;

constexpr size_t kPortBytes = 2;
constexpr size_t kIpv4Bytes = 4;
constexpr size_t kIpv6Bytes = 16;

// A CIDR prefix; `width` is kIpv4Bytes or kIpv6Bytes and tells the family.
struct Prefix {
  size_t width;
  Key address;
  unsigned length;

  bool operator==(const Prefix& other) const {
    return width == other.width && address == other.address && length == other.length;
  }
};

// Reads `address/length`, with the bits after the prefix zero; nothing if `text` is anything else or not in
// its canonical form.
std::optional<Prefix> parse_prefix(const std::string& text);
std::string format_prefix(const Prefix& prefix);

// The last address of a prefix.
Key last_address(const Prefix& prefix);

constexpr size_t kMaxPortRanges = 4096;

// Mirrors Ruleset in src/firewall/ruleset.ts.
struct Ruleset {
  std::vector<PortRange> ports;
  std::vector<Prefix> allow_from;
  bool include_loopback = false;
  // Also reset what is left of established flows to published ports.
  bool closing = false;

  bool operator==(const Ruleset& other) const {
    return ports == other.ports && allow_from == other.allow_from &&
           include_loopback == other.include_loopback && closing == other.closing;
  }
};

// Throws netlink::Error kBadArgument naming the first field that breaks an invariant: 1 to kMaxPortRanges
// ranges, sorted, disjoint and not adjacent; prefixes with IPv4 before IPv6, sorted and disjoint.
void validate(const Ruleset& ruleset);

}  // namespace nftables
