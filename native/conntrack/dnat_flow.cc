#include "conntrack/dnat_flow.hh"

#include <linux/netfilter/nf_conntrack_common.h>
#include <linux/netfilter/nf_conntrack_tcp.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <netinet/in.h>

#include <stdexcept>

#include "inet/inet_attributes.hh"

namespace conntrack {
namespace {

using netlink::Attributes;

struct Tuple {
  inet::Endpoint source;
  inet::Endpoint destination;
};

const nlattr* find_either(const Attributes& attributes, uint16_t first, uint16_t second) {
  const nlattr* attribute = attributes.find(first);
  return attribute != nullptr ? attribute : attributes.find(second);
}

Tuple read_tuple(const Attributes& tuple) {
  const Attributes ip = inet::nested(tuple, CTA_TUPLE_IP);
  const Attributes proto = inet::nested(tuple, CTA_TUPLE_PROTO);
  const auto source = inet::read_address(find_either(ip, CTA_IP_V4_SRC, CTA_IP_V6_SRC));
  const auto destination = inet::read_address(find_either(ip, CTA_IP_V4_DST, CTA_IP_V6_DST));
  const auto source_port = inet::read_be16(proto.find(CTA_PROTO_SRC_PORT));
  const auto destination_port = inet::read_be16(proto.find(CTA_PROTO_DST_PORT));
  if (!source || !destination || !source_port || !destination_port) {
    throw std::runtime_error("a conntrack entry without complete tuples");
  }
  return {{*source, *source_port}, {*destination, *destination_port}};
}

bool is_awaited(uint8_t tcp_state) {
  switch (tcp_state) {
    case TCP_CONNTRACK_SYN_RECV:
    case TCP_CONNTRACK_ESTABLISHED:
    case TCP_CONNTRACK_FIN_WAIT:
    case TCP_CONNTRACK_CLOSE_WAIT:
    case TCP_CONNTRACK_LAST_ACK:
      return true;
    default:
      return false;
  }
}

}  // namespace

std::optional<DnatFlow> parse_dnat_flow(const nlmsghdr& message) {
  const auto entry = Attributes::of(message, sizeof(nfgenmsg));
  const auto status = netlink::read_be32(entry.find(CTA_STATUS));
  if (!status || (*status & IPS_DST_NAT) == 0) return std::nullopt;

  const Attributes original = inet::nested(entry, CTA_TUPLE_ORIG);
  const auto protocol = inet::read_u8(inet::nested(original, CTA_TUPLE_PROTO).find(CTA_PROTO_NUM));
  if (protocol && *protocol != IPPROTO_TCP) return std::nullopt;

  const Attributes tcp = inet::nested(inet::nested(entry, CTA_PROTOINFO), CTA_PROTOINFO_TCP);
  const auto tcp_state = inet::read_u8(tcp.find(CTA_PROTOINFO_TCP_STATE));
  if (tcp_state && !is_awaited(*tcp_state)) return std::nullopt;

  const Tuple sent = read_tuple(original);
  const Tuple answered = read_tuple(inet::nested(entry, CTA_TUPLE_REPLY));
  return DnatFlow{sent.source,          sent.destination, answered.source,
                  answered.destination, tcp_state,        netlink::read_be32(entry.find(CTA_TIMEOUT))};
}

}  // namespace conntrack
