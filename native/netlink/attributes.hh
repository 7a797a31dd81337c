// Reading the attributes of a netlink message: bounds-checked iteration and lookups (libmnl's macros are C
// only).
#pragma once

#include <endian.h>
#include <libmnl/libmnl.h>

#include <cstdint>
#include <cstring>
#include <optional>
#include <string_view>

namespace netlink {

// The attributes in one stretch of memory, which must outlive this view. A malformed tail ends the iteration.
class Attributes {
 public:
  Attributes(const void* data, size_t length)
      : first_(static_cast<const char*>(data)), end_(static_cast<const char*>(data) + length) {}

  // Those of a message, after its protocol header of `header_bytes`.
  static Attributes of(const nlmsghdr& message, size_t header_bytes) {
    const size_t payload = mnl_nlmsg_get_payload_len(&message);
    const size_t skip = MNL_ALIGN(header_bytes);
    const auto* start = static_cast<const char*>(mnl_nlmsg_get_payload(&message));
    return payload < skip ? Attributes(start, 0) : Attributes(start + skip, payload - skip);
  }

  static Attributes nested_in(const nlattr& attribute) {
    return Attributes(mnl_attr_get_payload(&attribute), mnl_attr_get_payload_len(&attribute));
  }

  class Iterator {
   public:
    Iterator(const char* position, const char* end) : position_(position), end_(end) { check(); }
    const nlattr& operator*() const { return *reinterpret_cast<const nlattr*>(position_); }
    Iterator& operator++() {
      const size_t step = MNL_ALIGN(mnl_attr_get_len(&**this));
      position_ = step < static_cast<size_t>(end_ - position_) ? position_ + step : end_;
      check();
      return *this;
    }
    bool operator!=(const Iterator& other) const { return position_ != other.position_; }

   private:
    void check() {
      if (position_ != end_ && !mnl_attr_ok(&**this, static_cast<int>(end_ - position_))) position_ = end_;
    }

    const char* position_;
    const char* end_;
  };

  Iterator begin() const { return Iterator(first_, end_); }
  Iterator end() const { return Iterator(end_, end_); }

  // The attribute of a type, or null.
  const nlattr* find(uint16_t type) const {
    for (const nlattr& attribute : *this) {
      if (mnl_attr_get_type(&attribute) == type) return &attribute;
    }
    return nullptr;
  }

 private:
  const char* first_;
  const char* end_;
};

// A 32-bit or 64-bit number in network order, as nf_tables writes all of its numbers; nothing if absent or
// too short.
inline std::optional<uint32_t> read_be32(const nlattr* attribute) {
  if (attribute == nullptr || mnl_attr_get_payload_len(attribute) < sizeof(uint32_t)) return std::nullopt;
  return be32toh(mnl_attr_get_u32(attribute));
}

inline std::optional<uint64_t> read_be64(const nlattr* attribute) {
  if (attribute == nullptr || mnl_attr_get_payload_len(attribute) < sizeof(uint64_t)) return std::nullopt;
  return be64toh(mnl_attr_get_u64(attribute));
}

// A string without its terminating zero; empty if absent.
inline std::string_view read_string(const nlattr* attribute) {
  if (attribute == nullptr) return {};
  const auto* text = static_cast<const char*>(mnl_attr_get_payload(attribute));
  return std::string_view(text, strnlen(text, mnl_attr_get_payload_len(attribute)));
}

}  // namespace netlink
