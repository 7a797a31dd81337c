// One nf_tables transaction: a batch of messages that the kernel commits as a whole or not at all.
#pragma once

#include <linux/netlink.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "netlink/socket.hh"

namespace nftables {

// The generation of the ruleset `commits` later. The kernel leaves out 0, which as a guard would be none.
inline uint32_t generation_after(uint32_t generation, uint32_t commits) {
  const uint32_t later = generation + commits;
  return later < generation ? later + 1 : later;
}

class Transaction {
 public:
  // With `generation`, the kernel commits only if its ruleset is still of that generation.
  explicit Transaction(netlink::Socket& socket, std::optional<uint32_t> generation = std::nullopt);

  using Fill = std::function<void(nlmsghdr*)>;

  // Appends a message of the inet family; `fill` puts its attributes, `max_bytes` at most. `subject` names
  // what the message is about, for errors.
  void add(uint16_t type, uint16_t flags, std::string subject, const Fill& fill, size_t max_bytes = 4096);

  struct Refusal {
    // The place of the refused message, counted from 0; nothing when it is the batch as a whole.
    std::optional<size_t> message;
    std::string subject;
    netlink::Verdict verdict;
  };

  struct Outcome {
    // The answers were lost (ENOBUFS): only reading back tells.
    bool is_unknown = false;
    // Empty when all was accepted.
    std::vector<Refusal> refusals;

    // The ruleset changed since `generation`; nothing was done.
    bool is_stale() const;
  };

  // Sends the batch in one system call and collects the kernel's answers, which are queued when that call
  // returns.
  Outcome commit();
  // The same without the batch's end: the kernel checks every message, reports each error and drops the
  // batch, so that nothing can be committed (nft --check does this).
  Outcome rehearse();

 private:
  nlmsghdr* reserve(size_t max_bytes);
  // Returns its sequence number.
  uint32_t put_boundary(uint16_t type, std::optional<uint32_t> generation);
  Outcome send();

  netlink::Socket& socket_;
  std::vector<char> buffer_;
  size_t length_ = 0;
  uint32_t begin_sequence_;
  size_t last_message_ = 0;
  // What tells whose an answer is: the numbers have gaps where the socket asked something else in between.
  std::vector<uint32_t> sequences_;
  std::vector<std::string> subjects_;
};

}  // namespace nftables
