#include "netlink/socket.hh"

#include <linux/netlink.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace netlink {
namespace {

// The kernel fills dump datagrams up to 32 KiB when the reader's buffer is that large.
constexpr size_t kDatagramBytes = 65536;
// Room for the errors of a whole batch and for the dump of every element.
constexpr int kReceiveBufferBytes = 4 * 1024 * 1024;
// Requests are answered within the system call that sends them; this bounds a wait that should not happen.
constexpr timeval kReceiveTimeout{5, 0};

// The forced form passes the system-wide limit and needs CAP_NET_ADMIN; the plain one is cut to that limit.
void set_buffer_size(int descriptor, int forced_option, int option, int bytes) {
  if (setsockopt(descriptor, SOL_SOCKET, forced_option, &bytes, sizeof bytes) == 0) return;
  setsockopt(descriptor, SOL_SOCKET, option, &bytes, sizeof bytes);
}

void enable(int descriptor, int option) {
  const int on = 1;
  // Older kernels lack the option and only say less in their errors.
  setsockopt(descriptor, SOL_NETLINK, option, &on, sizeof on);
}

}  // namespace

Socket::Socket(int protocol)
    : handle_(mnl_socket_open2(protocol, SOCK_CLOEXEC)), buffer_(kDatagramBytes), send_buffer_bytes_(0) {
  if (!handle_) throw system_error("cannot open a netlink socket", errno);
  if (mnl_socket_bind(handle_.get(), 0, MNL_SOCKET_AUTOPID) < 0) {
    throw system_error("cannot bind a netlink socket", errno);
  }
  enable(descriptor(), NETLINK_EXT_ACK);
  enable(descriptor(), NETLINK_CAP_ACK);
  set_buffer_size(descriptor(), SO_RCVBUFFORCE, SO_RCVBUF, kReceiveBufferBytes);
  setsockopt(descriptor(), SOL_SOCKET, SO_RCVTIMEO, &kReceiveTimeout, sizeof kReceiveTimeout);
  socklen_t length = sizeof send_buffer_bytes_;
  getsockopt(descriptor(), SOL_SOCKET, SO_SNDBUF, &send_buffer_bytes_, &length);
}

void Socket::join_group(int group) {
  if (setsockopt(descriptor(), SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &group, sizeof group) < 0) {
    throw system_error("cannot join a netlink group", errno);
  }
}

void Socket::send(const void* bytes, size_t length) {
  // The kernel takes a datagram only if it is smaller than the whole send buffer.
  if (length + 4096 > static_cast<size_t>(send_buffer_bytes_)) {
    set_buffer_size(descriptor(), SO_SNDBUFFORCE, SO_SNDBUF, static_cast<int>(length) + 4096);
    socklen_t size = sizeof send_buffer_bytes_;
    getsockopt(descriptor(), SOL_SOCKET, SO_SNDBUF, &send_buffer_bytes_, &size);
  }
  ssize_t sent;
  do {
    sent = mnl_socket_sendto(handle_.get(), bytes, length);
  } while (sent < 0 && errno == EINTR);
  if (sent < 0) throw system_error("cannot send to the kernel", errno);
}

Socket::Received Socket::receive(const OnMessage& on_message, int flags) {
  sockaddr_nl sender{};
  socklen_t sender_length = sizeof sender;
  ssize_t length;
  do {
    length = recvfrom(descriptor(), buffer_.data(), buffer_.size(), flags | MSG_TRUNC,
                      reinterpret_cast<sockaddr*>(&sender), &sender_length);
  } while (length < 0 && errno == EINTR);
  if (length < 0) {
    if (errno == EAGAIN || errno == EWOULDBLOCK) return Received::kNothing;
    if (errno == ENOBUFS) return Received::kOverflow;
    throw system_error("cannot receive from the kernel", errno);
  }
  if (static_cast<size_t>(length) > buffer_.size())
    return Received::kOverflow;                        // cut short: the rest is lost
  if (sender.nl_pid != 0) return Received::kMessages;  // not from the kernel: nothing for us

  // Not mnl_nlmsg_ok: it takes a length of 2 GiB and more for a negative one, and so for one that fits.
  const char* position = buffer_.data();
  size_t remaining = static_cast<size_t>(length);
  while (remaining >= sizeof(nlmsghdr)) {
    const auto& message = *reinterpret_cast<const nlmsghdr*>(position);
    if (message.nlmsg_len < sizeof(nlmsghdr) || message.nlmsg_len > remaining) break;
    on_message(message);
    const size_t step = std::min<size_t>(MNL_ALIGN(message.nlmsg_len), remaining);
    position += step;
    remaining -= step;
  }
  return Received::kMessages;
}

Socket::Answer Socket::request(const nlmsghdr& message, const OnMessage& on_message) {
  send(&message, message.nlmsg_len);
  Answer answer;
  const bool is_one_message = (message.nlmsg_flags & (NLM_F_ACK | NLM_F_DUMP)) == 0;
  bool finished = false;
  const OnMessage on_reply = [&](const nlmsghdr& reply) {
    if (finished || reply.nlmsg_seq != message.nlmsg_seq) return;  // a late answer to an earlier request
    if (reply.nlmsg_flags & NLM_F_DUMP_INTR) answer.interrupted = true;
    if (reply.nlmsg_type == NLMSG_ERROR) {
      answer.verdict = parse_verdict(reply);
      finished = true;
    } else if (reply.nlmsg_type == NLMSG_DONE) {
      if (mnl_nlmsg_get_payload_len(&reply) >= sizeof(int)) {
        const int status = *static_cast<const int*>(mnl_nlmsg_get_payload(&reply));
        if (status < 0) answer.verdict.error = errno_of_status(status);
      }
      finished = true;
    } else if (reply.nlmsg_type >= NLMSG_MIN_TYPE) {
      on_message(reply);
      finished = is_one_message;
    }
  };
  while (!finished) {
    switch (receive(on_reply, 0)) {
      case Received::kMessages:
        break;
      case Received::kNothing:
        throw system_error("the kernel did not answer", ETIMEDOUT);
      case Received::kOverflow:
        // What was dropped may have been the end: the caller must ask again.
        answer.interrupted = true;
        answer.verdict.error = ENOBUFS;
        return answer;
    }
  }
  // An earlier listing that was given up still runs; receiving this answer moved it on.
  if (answer.verdict.error == EBUSY) answer.interrupted = true;
  return answer;
}

}  // namespace netlink
