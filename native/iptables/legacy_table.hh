// A table of iptables-legacy, as ip_tables and ip6_tables tell of it. `family` is AF_INET or AF_INET6.
#pragma once

#include <linux/netfilter_ipv4/ip_tables.h>

#include <cstddef>
#include <optional>
#include <string>

#include "process/descriptor.hh"

namespace iptables {

// Whether a request failed for want of permission.
bool is_denied(int error);

// Whether the table is there; nothing without permission to ask. Makes no table and loads no module. Throws
// netlink::Error.
std::optional<bool> has_legacy_table(int family, const std::string& name);

// A socket to ask about tables with. Throws netlink::Error.
process::Descriptor open_legacy_socket(int family);

// getsockopt: the errno of a failed request, else 0.
int ask_legacy(const process::Descriptor& socket, int family, int option, void* answer, size_t size);

// Fills in what the kernel tells of a table's form; ip6_tables' has the same one. As ask_legacy.
int read_legacy_form(const process::Descriptor& socket, int family, const std::string& name,
                     ipt_getinfo& form);

}  // namespace iptables
