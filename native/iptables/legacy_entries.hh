// The blob that ip_tables hands out for a table: entries of varying length, one after the other.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace iptables {

// Whether a user chain of this name begins somewhere in the `size` bytes of entries; nothing when they are
// malformed. Reads nothing beyond them, whatever the lengths they claim. No alignment is asked of `entries`.
std::optional<bool> entries_have_chain(const char* entries, size_t size, std::string_view name);

}  // namespace iptables
