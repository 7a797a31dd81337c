// Arguments of JavaScript as the addon's own values. Each conversion throws netlink::Error kBadArgument that
// names the field.
#pragma once

#include <napi.h>

#include <string>

#include "inet/port_set.hh"
#include "nftables/drain_table.hh"
#include "nftables/ruleset.hh"

namespace binding {

bool to_bool(const Napi::Value& value, const std::string& field);
std::string to_text(const Napi::Value& value, const std::string& field);
Napi::Function to_function(const Napi::Value& value, const std::string& field);

inet::PortSet to_port_set(const Napi::Value& value);
nftables::Ruleset to_ruleset(const Napi::Value& value);

struct FirewallOptions {
  bool may_own;
  nftables::DrainTable::Without without;
};
FirewallOptions to_firewall_options(const Napi::Value& value);

}  // namespace binding
