#include "nftables/transaction.hh"

#include <arpa/inet.h>
#include <libnftnl/common.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nfnetlink.h>

#include <algorithm>
#include <cerrno>
#include <utility>

namespace nftables {

Transaction::Transaction(netlink::Socket& socket, std::optional<uint32_t> generation) : socket_(socket) {
  begin_sequence_ = put_boundary(NFNL_MSG_BATCH_BEGIN, generation);
}

nlmsghdr* Transaction::reserve(size_t max_bytes) {
  if (buffer_.size() < length_ + max_bytes) buffer_.resize((length_ + max_bytes) * 2);
  return reinterpret_cast<nlmsghdr*>(buffer_.data() + length_);
}

uint32_t Transaction::put_boundary(uint16_t type, std::optional<uint32_t> generation) {
  auto* message = mnl_nlmsg_put_header(reserve(256));
  message->nlmsg_type = type;
  message->nlmsg_flags = NLM_F_REQUEST;
  message->nlmsg_seq = socket_.next_sequence();
  auto* header = static_cast<nfgenmsg*>(mnl_nlmsg_put_extra_header(message, sizeof(nfgenmsg)));
  header->nfgen_family = AF_UNSPEC;
  header->version = NFNETLINK_V0;
  header->res_id = htons(NFNL_SUBSYS_NFTABLES);
  if (generation) mnl_attr_put_u32(message, NFNL_BATCH_GENID, htonl(*generation));
  length_ += MNL_ALIGN(message->nlmsg_len);
  return message->nlmsg_seq;
}

void Transaction::add(uint16_t type, uint16_t flags, std::string subject, const Fill& fill,
                      size_t max_bytes) {
  auto* bytes = reinterpret_cast<char*>(reserve(max_bytes));
  auto* message = nftnl_nlmsg_build_hdr(bytes, type, NFPROTO_INET, flags, socket_.next_sequence());
  fill(message);
  last_message_ = length_;
  length_ += MNL_ALIGN(message->nlmsg_len);
  sequences_.push_back(message->nlmsg_seq);
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
  bool is_complete = false;
  const auto on_reply = [&](const nlmsghdr& reply) {
    if (reply.nlmsg_type != NLMSG_ERROR) return;
    auto verdict = netlink::parse_verdict(reply);
    if (reply.nlmsg_seq == begin_sequence_) {
      if (verdict.error == 0) return;
      // Of the batch as a whole: nothing else is answered then.
      is_complete = true;
      outcome.refusals.insert(outcome.refusals.begin(),
                              {std::nullopt, "the transaction", std::move(verdict)});
      return;
    }
    const auto found = std::find(sequences_.begin(), sequences_.end(), reply.nlmsg_seq);
    if (found == sequences_.end()) return;  // a late answer to an earlier request
    const auto place = static_cast<size_t>(found - sequences_.begin());
    // The last message is answered either way, and last.
    is_complete = is_complete || place + 1 == sequences_.size();
    if (verdict.error != 0) outcome.refusals.push_back({place, subjects_[place], std::move(verdict)});
  };
  for (;;) {
    const auto received = socket_.receive(on_reply, MSG_DONTWAIT);
    if (received == netlink::Socket::Received::kOverflow) outcome.is_unknown = true;
    if (received == netlink::Socket::Received::kNothing) break;
  }
  if (!is_complete) outcome.is_unknown = true;
  return outcome;
}

}  // namespace nftables
