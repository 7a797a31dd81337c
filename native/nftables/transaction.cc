#include "nftables/transaction.hh"

#include <arpa/inet.h>
#include <libnftnl/common.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nfnetlink.h>

#include <cerrno>
#include <utility>

namespace nftables {

Transaction::Transaction(netlink::Socket& socket, std::optional<uint32_t> generation) : socket_(socket) {
  put_boundary(NFNL_MSG_BATCH_BEGIN, generation);
}

nlmsghdr* Transaction::reserve(size_t max_bytes) {
  if (buffer_.size() < length_ + max_bytes) buffer_.resize((length_ + max_bytes) * 2);
  return reinterpret_cast<nlmsghdr*>(buffer_.data() + length_);
}

void Transaction::put_boundary(uint16_t type, std::optional<uint32_t> generation) {
  auto* message = mnl_nlmsg_put_header(reserve(256));
  message->nlmsg_type = type;
  message->nlmsg_flags = NLM_F_REQUEST;
  message->nlmsg_seq = socket_.next_sequence();
  auto* header = static_cast<nfgenmsg*>(mnl_nlmsg_put_extra_header(message, sizeof(nfgenmsg)));
  header->nfgen_family = AF_UNSPEC;
  header->version = NFNETLINK_V0;
  header->res_id = htons(NFNL_SUBSYS_NFTABLES);
  if (generation) mnl_attr_put_u32(message, NFNL_BATCH_GENID, htonl(*generation));
  if (type == NFNL_MSG_BATCH_BEGIN) first_sequence_ = message->nlmsg_seq;
  length_ += MNL_ALIGN(message->nlmsg_len);
}

void Transaction::add(uint16_t type, uint16_t flags, std::string subject, const Fill& fill,
                      size_t max_bytes) {
  auto* bytes = reinterpret_cast<char*>(reserve(max_bytes));
  auto* message = nftnl_nlmsg_build_hdr(bytes, type, NFPROTO_INET, flags, socket_.next_sequence());
  fill(message);
  last_message_ = length_;
  length_ += MNL_ALIGN(message->nlmsg_len);
  subjects_.push_back(std::move(subject));
}

bool Transaction::Outcome::is_stale() const {
  return !refusals.empty() && !refusals.front().message && refusals.front().verdict.error == ERESTART;
}

Transaction::Outcome Transaction::commit() {
  // One acknowledgement says that all went well, whatever the number of messages.
  reinterpret_cast<nlmsghdr*>(buffer_.data() + last_message_)->nlmsg_flags |= NLM_F_ACK;
  put_boundary(NFNL_MSG_BATCH_END, std::nullopt);
  return send();
}

Transaction::Outcome Transaction::rehearse() {
  reinterpret_cast<nlmsghdr*>(buffer_.data() + last_message_)->nlmsg_flags |= NLM_F_ACK;
  return send();
}

Transaction::Outcome Transaction::send() {
  socket_.send(buffer_.data(), length_);
  Outcome outcome;
  bool acknowledged = false;
  const auto on_reply = [&](const nlmsghdr& reply) {
    const uint32_t place = reply.nlmsg_seq - first_sequence_;  // 0 is the batch's beginning
    if (reply.nlmsg_type != NLMSG_ERROR || place > subjects_.size()) return;
    auto verdict = netlink::parse_verdict(reply);
    if (verdict.error == 0) {
      acknowledged = acknowledged || place == subjects_.size();
    } else if (place == 0) {
      outcome.refusals.insert(outcome.refusals.begin(), {std::nullopt, "transaction", std::move(verdict)});
    } else {
      outcome.refusals.push_back({place - 1, subjects_[place - 1], std::move(verdict)});
    }
  };
  for (;;) {
    const auto received = socket_.receive(on_reply, MSG_DONTWAIT);
    if (received == netlink::Socket::Received::kOverflow) outcome.is_unknown = true;
    if (received == netlink::Socket::Received::kNothing) break;
  }
  if (!acknowledged && outcome.refusals.empty()) outcome.is_unknown = true;
  return outcome;
}

}  // namespace nftables
