#include "nftables/ruleset.hh"

#include <arpa/inet.h>

#include "netlink/error.hh"

namespace nftables {
namespace {

[[noreturn]] void refuse(const std::string& field, const std::string& why) {
  throw netlink::Error(netlink::ErrorCode::kBadArgument, "ruleset." + field + " " + why);
}

std::string index_of(const char* field, size_t index) {
  return std::string(field) + "[" + std::to_string(index) + "]";
}

int family_of(size_t width) { return width == kIpv4Bytes ? AF_INET : AF_INET6; }

// Sets or clears every bit from `length` on.
Key with_host_bits(Key address, size_t width, unsigned length, bool value) {
  for (size_t bit = length; bit < width * 8; ++bit) {
    const auto mask = static_cast<uint8_t>(0x80 >> (bit % 8));
    address[bit / 8] = static_cast<uint8_t>(value ? address[bit / 8] | mask : address[bit / 8] & ~mask);
  }
  return address;
}

}  // namespace

std::optional<Prefix> parse_prefix(const std::string& text) {
  const size_t slash = text.find('/');
  if (slash == std::string::npos) return std::nullopt;
  const std::string digits = text.substr(slash + 1);
  if (digits.empty() || digits.size() > 3 || digits.find_first_not_of("0123456789") != std::string::npos) {
    return std::nullopt;
  }
  Prefix prefix{text.find(':') == std::string::npos ? kIpv4Bytes : kIpv6Bytes,
                {},
                static_cast<unsigned>(std::stoul(digits))};
  if (prefix.length > prefix.width * 8) return std::nullopt;
  if (inet_pton(family_of(prefix.width), text.substr(0, slash).c_str(), prefix.address.data()) != 1)
    return std::nullopt;
  if (with_host_bits(prefix.address, prefix.width, prefix.length, false) != prefix.address)
    return std::nullopt;
  if (format_prefix(prefix) != text) return std::nullopt;
  return prefix;
}

std::string format_prefix(const Prefix& prefix) {
  char text[INET6_ADDRSTRLEN];
  inet_ntop(family_of(prefix.width), prefix.address.data(), text, sizeof text);
  return std::string(text) + "/" + std::to_string(prefix.length);
}

Key last_address(const Prefix& prefix) {
  return with_host_bits(prefix.address, prefix.width, prefix.length, true);
}

void validate(const Ruleset& ruleset) {
  const auto& ports = ruleset.ports;
  if (ports.empty()) refuse("ports", "must have at least one range");
  if (ports.size() > kMaxPortRanges) {
    refuse("ports", "must have at most " + std::to_string(kMaxPortRanges) + " ranges, got " +
                        std::to_string(ports.size()));
  }
  for (size_t i = 0; i < ports.size(); ++i) {
    if (ports[i].first == 0) refuse(index_of("ports", i) + ".first", "must be at least 1");
    if (ports[i].last < ports[i].first) refuse(index_of("ports", i) + ".last", "must not be less than first");
    if (i > 0 && ports[i].first <= ports[i - 1].last + 1) {
      refuse(index_of("ports", i), "must lie after the range before it and not touch it");
    }
  }
  const auto& allowed = ruleset.allow_from;
  for (size_t i = 1; i < allowed.size(); ++i) {
    const Prefix& before = allowed[i - 1];
    if (allowed[i].width < before.width) refuse(index_of("allowFrom", i), "must not be IPv4 after IPv6");
    if (allowed[i].width == before.width && allowed[i].address <= last_address(before)) {
      refuse(index_of("allowFrom", i), "must lie after the prefix before it and not overlap it");
    }
  }
}

}  // namespace nftables
