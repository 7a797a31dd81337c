#include "netlink/error.hh"

#include <libmnl/libmnl.h>

#include <cerrno>
#include <cstdlib>
#include <system_error>
#include <utility>

#include "netlink/attributes.hh"

namespace netlink {

const char* to_string(ErrorCode code) {
  switch (code) {
    case ErrorCode::kNoPermission:
      return "no-permission";
    case ErrorCode::kNoNftables:
      return "no-nftables";
    case ErrorCode::kForeignTable:
      return "foreign-table";
    case ErrorCode::kTableHeld:
      return "table-held";
    case ErrorCode::kReadBack:
      return "read-back";
    case ErrorCode::kBadArgument:
      return "bad-argument";
    case ErrorCode::kClosed:
      return "closed";
    case ErrorCode::kLocked:
      return "locked";
    case ErrorCode::kKernel:
      break;
  }
  return "kernel";
}

Error::Error(ErrorCode code, const std::string& message, int error_number, std::string detail)
    : std::runtime_error(message), code_(code), error_number_(error_number), detail_(std::move(detail)) {}

std::string errno_text(int error_number) { return std::generic_category().message(error_number); }

Error system_error(const std::string& what, int error_number, std::string detail) {
  const auto code = error_number == EPERM ? ErrorCode::kNoPermission : ErrorCode::kKernel;
  return Error(code, what + ": " + errno_text(error_number), error_number, std::move(detail));
}

int errno_of_status(int status) {
  constexpr int kMaxErrno = 4095;  // the kernel's MAX_ERRNO
  return status < -kMaxErrno || status > kMaxErrno ? EBADMSG : std::abs(status);
}

Verdict parse_verdict(const nlmsghdr& message) {
  Verdict verdict;
  if (mnl_nlmsg_get_payload_len(&message) < sizeof(nlmsgerr)) {
    verdict.error = EBADMSG;
    return verdict;
  }
  const auto* body = static_cast<const nlmsgerr*>(mnl_nlmsg_get_payload(&message));
  verdict.error = errno_of_status(body->error);
  if ((message.nlmsg_flags & NLM_F_ACK_TLVS) == 0) return verdict;

  // The attributes follow the request, which is cut to its header with NETLINK_CAP_ACK.
  size_t offset = sizeof(nlmsgerr);
  if ((message.nlmsg_flags & NLM_F_CAPPED) == 0) offset += mnl_nlmsg_get_payload_len(&body->msg);
  if (mnl_nlmsg_get_payload_len(&message) < offset) return verdict;

  const Attributes attributes = Attributes::of(message, offset);
  verdict.detail = read_string(attributes.find(NLMSGERR_ATTR_MSG));
  const nlattr* position = attributes.find(NLMSGERR_ATTR_OFFS);
  if (position != nullptr && mnl_attr_validate(position, MNL_TYPE_U32) == 0) {
    verdict.detail += " (attribute at offset " + std::to_string(mnl_attr_get_u32(position)) + ")";
  }
  return verdict;
}

}  // namespace netlink
