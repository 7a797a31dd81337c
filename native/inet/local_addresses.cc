#include "inet/local_addresses.hh"

#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <optional>

#include "inet/dump.hh"
#include "inet/inet_attributes.hh"

namespace inet {
namespace {

using Prefix = LocalAddresses::Prefix;

constexpr uint8_t kHostBits = 128;

// ip -4|-6 route show table local type local
nlmsghdr& put_local_routes_request(std::array<char, 64>& buffer, uint8_t family) {
  nlmsghdr* message = mnl_nlmsg_put_header(buffer.data());
  message->nlmsg_type = RTM_GETROUTE;
  message->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
  auto* route = static_cast<rtmsg*>(mnl_nlmsg_put_extra_header(message, sizeof(rtmsg)));
  route->rtm_family = family;
  route->rtm_table = RT_TABLE_LOCAL;
  route->rtm_type = RTN_LOCAL;
  return *message;
}

// The destination of an answer, or nothing when it is not a local route of table local (a kernel may filter
// less than asked). A transparent proxy's "local default" in a table of its own must stay out: with it, every
// client would be this host.
std::optional<Prefix> parse_local_route(const nlmsghdr& message) {
  if (message.nlmsg_type != RTM_NEWROUTE || mnl_nlmsg_get_payload_len(&message) < sizeof(rtmsg))
    return std::nullopt;
  const auto* route = static_cast<const rtmsg*>(mnl_nlmsg_get_payload(&message));
  if (route->rtm_type != RTN_LOCAL || route->rtm_table != RT_TABLE_LOCAL) return std::nullopt;

  const auto attributes = netlink::Attributes::of(message, sizeof(rtmsg));
  const auto destination = read_address(attributes.find(RTA_DST));
  if (!destination) return std::nullopt;
  const size_t family_bits = route->rtm_family == AF_INET ? IpAddress::kV4PrefixBits : 0;
  return Prefix{*destination,
                static_cast<uint8_t>(std::min<size_t>(family_bits + route->rtm_dst_len, kHostBits)),
                read_u32(attributes.find(RTA_OIF)).value_or(0)};
}

std::vector<Prefix> read_local_routes(netlink::Socket& socket, uint8_t family) {
  alignas(nlmsghdr) std::array<char, 64> buffer;
  try {
    return dump<Prefix>(socket, put_local_routes_request(buffer, family), "cannot list this host's addresses",
                        [](const nlmsghdr& message, std::vector<Prefix>& list) {
                          if (const auto prefix = parse_local_route(message)) list.push_back(*prefix);
                        });
  } catch (const netlink::Error& error) {
    // A namespace whose interfaces were never up has no table local.
    if (error.error_number() == ENOENT) return {};
    throw;
  }
}

bool is_before(const Prefix& prefix, const IpAddress& address) { return prefix.address < address; }

}  // namespace

LocalAddresses::LocalAddresses(const std::vector<Prefix>& prefixes) {
  for (const Prefix& prefix : prefixes) (prefix.bits == kHostBits ? hosts_ : networks_).push_back(prefix);
  std::sort(hosts_.begin(), hosts_.end(),
            [](const Prefix& a, const Prefix& b) { return a.address < b.address; });
}

LocalAddresses LocalAddresses::read() {
  netlink::Socket socket(NETLINK_ROUTE);
  // Without it (Linux 4.20) the kernel ignores the filter and lists the whole routing table.
  const int on = 1;
  setsockopt(socket.descriptor(), SOL_NETLINK, NETLINK_GET_STRICT_CHK, &on, sizeof on);

  std::vector<Prefix> prefixes = read_local_routes(socket, AF_INET);
  const std::vector<Prefix> v6 = read_local_routes(socket, AF_INET6);
  prefixes.insert(prefixes.end(), v6.begin(), v6.end());
  return LocalAddresses(prefixes);
}

bool LocalAddresses::contains(const IpAddress& address) const {
  const auto host = std::lower_bound(hosts_.begin(), hosts_.end(), address, is_before);
  if (host != hosts_.end() && host->address == address) return true;
  return std::any_of(networks_.begin(), networks_.end(), [&](const Prefix& network) {
    return address.has_prefix(network.address, network.bits);
  });
}

bool LocalAddresses::is_loopback_peer(const IpAddress& peer, uint32_t interface) const {
  if (!peer.is_link_local()) return contains(peer);
  auto host = std::lower_bound(hosts_.begin(), hosts_.end(), peer, is_before);
  for (; host != hosts_.end() && host->address == peer; ++host) {
    if (host->interface == interface) return true;
  }
  return false;
}

}  // namespace inet
