// The kernel's side of every netlink socket of a fuzz target: what it answers is the fuzzer's input. The
// linker puts these functions in the place of the system's (--wrap), so that the code under test is the
// product's, unchanged.
#pragma once

#include <cstddef>
#include <cstdint>

namespace fuzz {

// The input is a row of netlink messages, 4-byte aligned, with a few liberties:
// - NLM_F_MULTI says that the message shares its datagram with the one after it;
// - a sequence number below 256 counts from the first of the latest request's, so 0 is a plain request's own;
// - NLMSG_NOOP at the start of a datagram stands for an empty queue (EAGAIN), NLMSG_OVERRUN for a queue that
// ran over (ENOBUFS). What is no message is handed out as it is, as one datagram. After the end the queue is
// empty.
void answer_with(const uint8_t* input, size_t size);

constexpr uint32_t kRelativeSequences = 256;

}  // namespace fuzz
