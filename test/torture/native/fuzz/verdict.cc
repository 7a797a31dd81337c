// NLMSG_ERROR with its extended acknowledgement. The input is one message.
#include <libmnl/libmnl.h>

#include <cstdlib>
#include <cstring>
#include <memory>

#include "netlink/error.hh"
#include "target.hh"

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  // Of its own length: to read behind the message is an error here.
  const std::unique_ptr<char[]> copy(new char[size]);
  std::memcpy(copy.get(), data, size);
  const auto* message = reinterpret_cast<const nlmsghdr*>(copy.get());
  if (size < sizeof(nlmsghdr) || message->nlmsg_len < sizeof(nlmsghdr) || message->nlmsg_len > size) return 0;
  if (netlink::parse_verdict(*message).error < 0) std::abort();
  return 0;
}
