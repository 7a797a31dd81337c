#include "binding/arguments.hh"

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "netlink/error.hh"

namespace binding {
namespace {

[[noreturn]] void refuse(const std::string& field, const std::string& must_be) {
  throw netlink::Error(netlink::ErrorCode::kBadArgument, field + " must be " + must_be);
}

Napi::Object to_object(const Napi::Value& value, const std::string& field) {
  if (!value.IsObject()) refuse(field, "an object");
  return value.As<Napi::Object>();
}

Napi::Array to_array(const Napi::Value& value, const std::string& field) {
  if (!value.IsArray()) refuse(field, "an array");
  return value.As<Napi::Array>();
}

// Fields are named only when they are wrong: there may be thousands.
uint16_t to_port(double number, const char* field, size_t index, const char* bound) {
  if (!(number >= 1 && number <= 65535) || number != std::floor(number)) {
    refuse(std::string(field) + "[" + std::to_string(index) + "]." + bound, "an integer from 1 to 65535");
  }
  return static_cast<uint16_t>(number);
}

// One array of numbers, the first and last port of each range: an object for each takes ten times as long.
std::vector<inet::PortRange> to_ports(const Napi::Value& value, const char* field) {
  if (!value.IsTypedArray() || value.As<Napi::TypedArray>().TypedArrayType() != napi_float64_array) {
    refuse(field, "a Float64Array");
  }
  const auto array = value.As<Napi::Float64Array>();
  const double* bounds = array.Data();
  std::vector<inet::PortRange> ports;
  // Longer lists are refused later by their length; this bounds what is converted.
  const size_t count = std::min<size_t>(array.ElementLength() / 2, nftables::kMaxPortRanges + 1);
  ports.reserve(count);
  for (size_t i = 0; i < count; ++i) {
    ports.push_back(
        {to_port(bounds[2 * i], field, i, "first"), to_port(bounds[2 * i + 1], field, i, "last")});
  }
  return ports;
}

bool to_may_own(const Napi::Value& value) {
  const auto ownership = value.IsString() ? value.As<Napi::String>().Utf8Value() : std::string();
  if (ownership != "auto" && ownership != "plain") refuse("options.ownership", "auto or plain");
  return ownership == "auto";
}

nftables::DrainTable::Without to_without(const Napi::Value& value) {
  nftables::DrainTable::Without without;
  const auto names = to_array(value, "options.without");
  for (uint32_t i = 0; i < names.Length(); ++i) {
    const auto name = Napi::Value(names.Get(i)).ToString().Utf8Value();
    if (name == "elementCounters") {
      without.element_counters = true;
    } else if (name == "tableComments") {
      without.table_comments = true;
    } else {
      refuse("options.without[" + std::to_string(i) + "]", "elementCounters or tableComments");
    }
  }
  return without;
}

}  // namespace

bool to_bool(const Napi::Value& value, const std::string& field) {
  if (!value.IsBoolean()) refuse(field, "a boolean");
  return value.As<Napi::Boolean>().Value();
}

std::string to_text(const Napi::Value& value, const std::string& field) {
  if (!value.IsString()) refuse(field, "a string");
  return value.As<Napi::String>().Utf8Value();
}

Napi::Function to_function(const Napi::Value& value, const std::string& field) {
  if (!value.IsFunction()) refuse(field, "a function");
  return value.As<Napi::Function>();
}

inet::PortSet to_port_set(const Napi::Value& value) {
  auto ranges = to_ports(value, "ports");
  if (ranges.size() > nftables::kMaxPortRanges) {
    refuse("ports", "an array of at most " + std::to_string(nftables::kMaxPortRanges) + " ranges");
  }
  return inet::PortSet(std::move(ranges));
}

nftables::Ruleset to_ruleset(const Napi::Value& value) {
  const auto object = to_object(value, "ruleset");
  nftables::Ruleset ruleset;
  ruleset.ports = to_ports(object.Get("ports"), "ruleset.ports");
  const auto allowed = to_array(object.Get("allowFrom"), "ruleset.allowFrom");
  for (uint32_t i = 0; i < allowed.Length(); ++i) {
    const std::string name = "ruleset.allowFrom[" + std::to_string(i) + "]";
    const Napi::Value element = allowed.Get(i);
    const auto prefix =
        element.IsString() ? nftables::parse_prefix(element.As<Napi::String>().Utf8Value()) : std::nullopt;
    if (!prefix) refuse(name, "a canonical CIDR prefix such as \"192.0.2.0/24\"");
    ruleset.allow_from.push_back(*prefix);
  }
  ruleset.include_loopback = to_bool(object.Get("includeLoopback"), "ruleset.includeLoopback");
  ruleset.closing = to_bool(object.Get("closing"), "ruleset.closing");
  nftables::validate(ruleset);
  return ruleset;
}

FirewallOptions to_firewall_options(const Napi::Value& value) {
  const auto options = to_object(value, "options");
  return {to_may_own(options.Get("ownership")), to_without(options.Get("without"))};
}

}  // namespace binding
