#include "iptables/legacy_chain.hh"

#include <sys/socket.h>

#include <cerrno>
#include <cstddef>
#include <cstring>
#include <vector>

#include "iptables/legacy_entries.hh"
#include "iptables/legacy_table.hh"
#include "netlink/error.hh"

namespace iptables {
namespace {

constexpr char kTable[] = "filter";
// The table may change between the question for its size and the one for its entries.
constexpr int kMaxAttempts = 10;

}  // namespace

std::optional<bool> has_legacy_chain(const std::string& name) {
  const auto is_there = has_legacy_table(AF_INET, kTable);
  if (!is_there.value_or(false)) return is_there;

  const auto socket = open_legacy_socket(AF_INET);
  for (int attempt = 0; attempt < kMaxAttempts; ++attempt) {
    ipt_getinfo table;
    int error = read_legacy_form(socket, AF_INET, kTable, table);
    if (is_denied(error)) return std::nullopt;
    if (error == ENOENT || error == ENOPROTOOPT) return false;  // it went away meanwhile
    if (error != 0) throw netlink::system_error("cannot read the size of an ip_tables table", error);

    std::vector<char> blob(sizeof(ipt_get_entries) + table.size);
    std::memcpy(blob.data(), kTable, sizeof kTable);
    std::memcpy(blob.data() + offsetof(ipt_get_entries, size), &table.size, sizeof table.size);
    error = ask_legacy(socket, AF_INET, IPT_SO_GET_ENTRIES, blob.data(), blob.size());
    if (error == EAGAIN) continue;
    if (error != 0) throw netlink::system_error("cannot read the entries of an ip_tables table", error);

    const auto is_found = entries_have_chain(blob.data() + sizeof(ipt_get_entries), table.size, name);
    if (!is_found) throw netlink::system_error("cannot parse the entries of an ip_tables table", EBADMSG);
    return is_found;
  }
  throw netlink::system_error("an ip_tables table keeps changing", EAGAIN);
}

}  // namespace iptables
