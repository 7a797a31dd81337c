// Reading what conntrack and routes say in netlink attributes: nested attributes, addresses and small
// numbers.
#pragma once

#include <netinet/in.h>

#include <optional>

#include "inet/ip_address.hh"
#include "netlink/attributes.hh"

namespace inet {

// The attributes nested in the one of this type; none if it is absent.
inline netlink::Attributes nested(const netlink::Attributes& attributes, uint16_t type) {
  const nlattr* nest = attributes.find(type);
  return nest == nullptr ? netlink::Attributes(nullptr, 0) : netlink::Attributes::nested_in(*nest);
}

// An address, whose length tells its family; nothing if absent or of another length.
inline std::optional<IpAddress> read_address(const nlattr* attribute) {
  if (attribute == nullptr) return std::nullopt;
  switch (mnl_attr_get_payload_len(attribute)) {
    case 4:
      return IpAddress::from_v4(mnl_attr_get_payload(attribute));
    case 16:
      return IpAddress::from_v6(mnl_attr_get_payload(attribute));
    default:
      return std::nullopt;
  }
}

// A 32-bit number in the host's order, as routes have them; nothing if absent or too short.
inline std::optional<uint32_t> read_u32(const nlattr* attribute) {
  if (attribute == nullptr || mnl_attr_get_payload_len(attribute) < sizeof(uint32_t)) return std::nullopt;
  return mnl_attr_get_u32(attribute);
}

// An 8-bit number, or a 16-bit one in network order; nothing if absent or too short.
inline std::optional<uint8_t> read_u8(const nlattr* attribute) {
  if (attribute == nullptr || mnl_attr_get_payload_len(attribute) < sizeof(uint8_t)) return std::nullopt;
  return mnl_attr_get_u8(attribute);
}

inline std::optional<uint16_t> read_be16(const nlattr* attribute) {
  if (attribute == nullptr || mnl_attr_get_payload_len(attribute) < sizeof(uint16_t)) return std::nullopt;
  return ntohs(mnl_attr_get_u16(attribute));
}

}  // namespace inet
