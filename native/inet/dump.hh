// A kernel table read as one consistent list: what changed while it was listed is listed again.
#pragma once

#include <cerrno>
#include <string>
#include <vector>

#include "netlink/socket.hh"

namespace inet {

// Sends a dump request and hands each answer to `read(message, list)`. Starts over when the kernel says that
// the listing was interrupted or that answers were lost, 5 times at most. Throws netlink::Error, with `what`
// as the start of its message, when the kernel refuses or will not hold still.
template <typename Item, typename Read>
std::vector<Item> dump(netlink::Socket& socket, nlmsghdr& request, const std::string& what, Read read) {
  constexpr int kAttempts = 5;
  netlink::Socket::Answer answer;
  for (int attempt = 0; attempt < kAttempts; attempt++) {
    std::vector<Item> list;
    request.nlmsg_seq = socket.next_sequence();
    answer = socket.request(request, [&](const nlmsghdr& message) { read(message, list); });
    if (answer.interrupted) continue;
    if (answer.verdict.error == 0) return list;
    throw netlink::system_error(what, answer.verdict.error, answer.verdict.detail);
  }
  throw netlink::system_error(what, answer.verdict.error == 0 ? EINTR : answer.verdict.error,
                              answer.verdict.detail);
}

}  // namespace inet
