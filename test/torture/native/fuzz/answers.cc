#include "answers.hh"

#include <libmnl/libmnl.h>
#include <linux/netlink.h>
#include <poll.h>
#include <sanitizer/asan_interface.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <vector>

namespace fuzz {
namespace {

// Of one process that runs one input at a time; the monitor's thread starts after and ends before the others'
// turns.
const uint8_t* position = nullptr;
const uint8_t* end = nullptr;
uint32_t first_sequence = 0;

nlmsghdr header_at(const uint8_t* bytes) {
  nlmsghdr header;
  std::memcpy(&header, bytes, sizeof header);
  return header;
}

size_t left() { return static_cast<size_t>(end - position); }

bool is_message_next() {
  if (left() < sizeof(nlmsghdr)) return false;
  const uint32_t length = header_at(position).nlmsg_len;
  return length >= sizeof(nlmsghdr) && length <= left();
}

std::vector<uint8_t> take(size_t bytes) {
  std::vector<uint8_t> taken(position, position + bytes);
  position += bytes;
  return taken;
}

std::vector<uint8_t> next_datagram() {
  std::vector<uint8_t> datagram;
  for (bool is_last = false; !is_last && left() > 0;) {
    if (!is_message_next()) {
      const auto rest = take(left());
      datagram.insert(datagram.end(), rest.begin(), rest.end());
      break;
    }
    nlmsghdr header = header_at(position);
    is_last = (header.nlmsg_flags & NLM_F_MULTI) == 0;
    if (header.nlmsg_seq < kRelativeSequences) header.nlmsg_seq += first_sequence;
    auto message = take(std::min<size_t>(MNL_ALIGN(header.nlmsg_len), left()));
    std::memcpy(message.data(), &header, sizeof header);
    datagram.insert(datagram.end(), message.begin(), message.end());
  }
  return datagram;
}

}  // namespace

void answer_with(const uint8_t* input, size_t size) {
  position = input;
  end = input + size;
}

}  // namespace fuzz

extern "C" {

ssize_t __wrap_mnl_socket_sendto(const mnl_socket*, const void* bytes, size_t length) {
  if (length >= sizeof(nlmsghdr)) {
    fuzz::first_sequence = fuzz::header_at(static_cast<const uint8_t*>(bytes)).nlmsg_seq;
  }
  return static_cast<ssize_t>(length);
}

ssize_t __wrap_recvfrom(int, void* buffer, size_t capacity, int, sockaddr*, socklen_t*) {
  if (fuzz::left() == 0) {
    errno = EAGAIN;
    return -1;
  }
  if (fuzz::is_message_next()) {
    const uint16_t type = fuzz::header_at(fuzz::position).nlmsg_type;
    if (type == NLMSG_NOOP || type == NLMSG_OVERRUN) {
      fuzz::take(std::min<size_t>(MNL_ALIGN(fuzz::header_at(fuzz::position).nlmsg_len), fuzz::left()));
      errno = type == NLMSG_NOOP ? EAGAIN : ENOBUFS;
      return -1;
    }
  }
  const auto datagram = fuzz::next_datagram();
  const size_t length = std::min(datagram.size(), capacity);
  __asan_unpoison_memory_region(buffer, capacity);
  std::memcpy(buffer, datagram.data(), length);
  // To read on behind the datagram is to read what an earlier one left there.
  __asan_poison_memory_region(static_cast<char*>(buffer) + length, capacity - length);
  return static_cast<ssize_t>(datagram.size());  // as with MSG_TRUNC
}

// The monitor's, whose first descriptor tells it to stop: there are events as long as there is input.
int __wrap_poll(pollfd* watched, nfds_t count, int) {
  for (nfds_t i = 0; i < count; ++i) watched[i].revents = 0;
  watched[fuzz::left() == 0 ? 0 : count - 1].revents = POLLIN;
  return 1;
}

// Of a kernel that has a connection tracker.
int __wrap_access(const char*, int) { return 0; }
}
