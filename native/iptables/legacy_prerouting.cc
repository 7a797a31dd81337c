#include "iptables/legacy_prerouting.hh"

#include <linux/netfilter.h>
#include <sys/socket.h>

#include <cerrno>

#include "iptables/legacy_table.hh"
#include "netlink/error.hh"

namespace iptables {
namespace {

std::optional<bool> has_prerouting_rules(int family, const std::string& table) {
  const auto is_there = has_legacy_table(family, table);
  if (!is_there.value_or(false)) return is_there;
  ipt_getinfo form;
  const int error = read_legacy_form(open_legacy_socket(family), family, table, form);
  if (is_denied(error)) return std::nullopt;
  if (error == ENOENT || error == ENOPROTOOPT) return false;  // it went away meanwhile
  if (error != 0) throw netlink::system_error("cannot read the form of an ip_tables table", error);
  // The chain begins with its rules and ends with its policy.
  return form.hook_entry[NF_INET_PRE_ROUTING] != form.underflow[NF_INET_PRE_ROUTING];
}

}  // namespace

std::optional<std::vector<PreroutingTable>> legacy_prerouting_tables() {
  std::vector<PreroutingTable> tables;
  for (const int family : {AF_INET, AF_INET6}) {
    for (const char* table : {"raw", "mangle"}) {
      const auto has_rules = has_prerouting_rules(family, table);
      if (!has_rules) return std::nullopt;
      if (*has_rules) tables.push_back({family == AF_INET ? "ip" : "ip6", table});
    }
  }
  return tables;
}

}  // namespace iptables
