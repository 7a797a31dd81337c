// One netlink socket of our own: opened close-on-exec, closed with its owner, with what every protocol of
// ours needs. Not thread-safe: one thread at a time.
#pragma once

#include <libmnl/libmnl.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "netlink/error.hh"

namespace netlink {

class Socket {
 public:
  // Opens and binds a socket of a netlink protocol (NETLINK_NETFILTER, NETLINK_SOCK_DIAG, ...). Throws Error.
  explicit Socket(int protocol);

  int descriptor() const { return mnl_socket_get_fd(handle_.get()); }
  // The address the kernel knows this socket by: it owns tables and marks the notifications of its changes.
  uint32_t port_id() const { return mnl_socket_get_portid(handle_.get()); }

  // A sequence number that no earlier request of this socket had, so that a late answer is never taken for
  // another's.
  uint32_t next_sequence() { return ++sequence_; }

  void join_group(int group);

  // Sends one buffer of messages in one system call; grows the send buffer when it must. Throws Error.
  void send(const void* bytes, size_t length);

  using OnMessage = std::function<void(const nlmsghdr&)>;

  enum class Received { kMessages, kNothing, kOverflow };

  // Hands every message of one datagram to `on_message`. Waits for one unless `flags` has MSG_DONTWAIT.
  // kNothing: none is queued; kOverflow: the kernel dropped some (ENOBUFS). Throws Error.
  Received receive(const OnMessage& on_message, int flags);

  struct Answer {
    Verdict verdict;
    // The kernel's objects changed while it listed them (NLM_F_DUMP_INTR).
    bool interrupted = false;
  };

  // Sends one request, whose sequence number comes from next_sequence(), and hands every answering message to
  // `on_message`. Its flags tell when it is answered: NLM_F_DUMP by the end of the listing, NLM_F_ACK by the
  // acknowledgement, neither by one message. A refusal is in the answer's verdict. Throws Error.
  Answer request(const nlmsghdr& message, const OnMessage& on_message);

 private:
  struct Close {
    void operator()(mnl_socket* handle) const { mnl_socket_close(handle); }
  };

  std::unique_ptr<mnl_socket, Close> handle_;
  std::vector<char> buffer_;
  int send_buffer_bytes_;
  uint32_t sequence_ = 0;
};

}  // namespace netlink
