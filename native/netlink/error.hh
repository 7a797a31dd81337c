// What a netlink operation fails with: the code that callers branch on, the errno and the kernel's own words.
#pragma once

#include <linux/netlink.h>

#include <stdexcept>
#include <string>

namespace netlink {

// Mirrors FirewallErrorCode in src/firewall/errors.ts.
enum class ErrorCode {
  kNoPermission,
  kNoNftables,
  kForeignTable,
  kTableHeld,
  kReadBack,
  kBadArgument,
  kClosed,
  kLocked,
  kKernel,
};

const char* to_string(ErrorCode code);

class Error : public std::runtime_error {
 public:
  // `error_number` is positive, 0 when the kernel gave none; `detail` may be empty.
  Error(ErrorCode code, const std::string& message, int error_number = 0, std::string detail = {});

  ErrorCode code() const { return code_; }
  int error_number() const { return error_number_; }
  const std::string& detail() const { return detail_; }

 private:
  ErrorCode code_;
  int error_number_;
  std::string detail_;
};

// The Error of a failed system call or refused request: EPERM is kNoPermission, all else kKernel. The message
// is `what`, a colon and the text of the errno.
Error system_error(const std::string& what, int error_number, std::string detail = {});

// The text of an errno; safe in any thread.
std::string errno_text(int error_number);

// The errno that a kernel's answer gives, negative as a rule; EBADMSG for a number that is none.
int errno_of_status(int status);

// The verdict of one NLMSG_ERROR message. `error` is positive, 0 for an acknowledgement; `detail` is the
// extended acknowledgement (NETLINK_EXT_ACK): the kernel's message and the offset of the attribute it refers
// to, or empty.
struct Verdict {
  int error = 0;
  std::string detail;
};

Verdict parse_verdict(const nlmsghdr& message);

}  // namespace netlink
