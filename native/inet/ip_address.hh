// One form for IPv4, IPv6 and v4-mapped addresses, so that a socket, a conntrack tuple and a route compare
// equal whichever family each was reported in.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace inet {

// An address as 16 bytes in network order; IPv4 is held v4-mapped (::ffff:a.b.c.d).
struct IpAddress {
  static constexpr size_t kV4PrefixBits = 96;

  std::array<uint8_t, 16> bytes{};

  // From the 4 bytes at `data`.
  static IpAddress from_v4(const void* data) {
    IpAddress address;
    address.bytes[10] = 0xff;
    address.bytes[11] = 0xff;
    std::memcpy(address.bytes.data() + 12, data, 4);
    return address;
  }

  // From the 16 bytes at `data`.
  static IpAddress from_v6(const void* data) {
    IpAddress address;
    std::memcpy(address.bytes.data(), data, 16);
    return address;
  }

  // IPv6 fe80::/10, whose meaning depends on the interface.
  bool is_link_local() const { return bytes[0] == 0xfe && (bytes[1] & 0xc0) == 0x80; }

  // Whether the first `bits` bits (at most 128) are those of `prefix`.
  bool has_prefix(const IpAddress& prefix, size_t bits) const {
    const size_t whole = bits / 8;
    if (!std::equal(prefix.bytes.begin(), prefix.bytes.begin() + whole, bytes.begin())) return false;
    const size_t rest = bits % 8;
    if (rest == 0) return true;
    return ((bytes[whole] ^ prefix.bytes[whole]) >> (8 - rest)) == 0;
  }

  friend bool operator==(const IpAddress& a, const IpAddress& b) { return a.bytes == b.bytes; }
  friend bool operator<(const IpAddress& a, const IpAddress& b) { return a.bytes < b.bytes; }
};

// One end of a TCP connection; the port is in host order.
struct Endpoint {
  IpAddress address;
  uint16_t port = 0;

  friend bool operator==(const Endpoint& a, const Endpoint& b) {
    return a.port == b.port && a.address == b.address;
  }
  friend bool operator<(const Endpoint& a, const Endpoint& b) {
    return a.port != b.port ? a.port < b.port : a.address < b.address;
  }
};

}  // namespace inet
