#include "iptables/nft_chain.hh"

#include <libmnl/libmnl.h>
#include <libnftnl/common.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>

#include <cerrno>

#include "netlink/socket.hh"

namespace iptables {
namespace {

netlink::Verdict ask_for_chain(const std::string& name) {
  netlink::Socket socket(NETLINK_NETFILTER);
  alignas(nlmsghdr) char buffer[512] = {};
  auto* request =
      nftnl_nlmsg_build_hdr(buffer, NFT_MSG_GETCHAIN, NFPROTO_IPV4, NLM_F_ACK, socket.next_sequence());
  mnl_attr_put_strz(request, NFTA_CHAIN_TABLE, "filter");
  mnl_attr_put_strz(request, NFTA_CHAIN_NAME, name.c_str());
  return socket.request(*request, [](const nlmsghdr&) {}).verdict;
}

}  // namespace

std::optional<bool> has_nft_chain(const std::string& name) {
  netlink::Verdict verdict;
  try {
    verdict = ask_for_chain(name);
  } catch (const netlink::Error& error) {
    if (error.error_number() == EPROTONOSUPPORT) return false;  // a kernel without nfnetlink
    throw;
  }
  switch (verdict.error) {
    case 0:
      return true;
    case ENOENT:      // no such table or chain
    case EINVAL:      // nfnetlink has no nf_tables
    case EOPNOTSUPP:  // nf_tables has no IPv4
      return false;
    case EPERM:
      return std::nullopt;
    default:
      throw netlink::system_error("cannot look for a chain in nf_tables", verdict.error, verdict.detail);
  }
}

}  // namespace iptables
