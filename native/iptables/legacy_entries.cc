#include "iptables/legacy_entries.hh"

#include <linux/netfilter_ipv4/ip_tables.h>

#include <cstring>

namespace iptables {
namespace {

template <typename Record>
Record copy_at(const char* bytes) {
  Record record;
  std::memcpy(&record, bytes, sizeof record);
  return record;
}

std::string_view text_in(const char* bytes, size_t capacity) {
  return std::string_view(bytes, strnlen(bytes, capacity));
}

// The name that an error target carries; nothing for any other target. The target has `size` bytes.
std::optional<std::string_view> error_name(const char* target, size_t size) {
  constexpr size_t kNameOffset = offsetof(xt_error_target, errorname);
  const auto kind =
      text_in(target + offsetof(xt_entry_target, u.user.name), sizeof xt_entry_target::u.user.name);
  if (kind != XT_ERROR_TARGET || size < sizeof(xt_error_target)) return std::nullopt;
  return text_in(target + kNameOffset, sizeof xt_error_target::errorname);
}

}  // namespace

std::optional<bool> entries_have_chain(const char* entries, size_t size, std::string_view name) {
  bool is_found = false;
  for (size_t offset = 0; offset < size;) {
    const size_t left = size - offset;
    if (left < sizeof(ipt_entry)) return std::nullopt;
    const auto entry = copy_at<ipt_entry>(entries + offset);
    const size_t length = entry.next_offset;
    const size_t target_offset = entry.target_offset;
    if (length > left || target_offset < sizeof(ipt_entry)) return std::nullopt;
    if (length < target_offset + sizeof(xt_entry_target)) return std::nullopt;

    const char* target = entries + offset + target_offset;
    const size_t target_size = copy_at<xt_entry_target>(target).u.user.target_size;
    if (target_size < sizeof(xt_entry_target) || target_size > length - target_offset) return std::nullopt;
    // A chain begins with an error target that carries its name; so does the table's end, with the name
    // ERROR.
    const bool is_last = length == left;
    if (!is_last && error_name(target, target_size) == name) is_found = true;
    offset += length;
  }
  return is_found;
}

}  // namespace iptables
