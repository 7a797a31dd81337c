// "One writer" (the agent, or `cleanup` with no agent) as a lock that the kernel drops when its holder dies,
// however it dies.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <utility>
#include <variant>

#include "process/descriptor.hh"

namespace process {

// Who holds a lock that could not be taken.
struct LockHolder {
  // As the holder wrote it into the file; absent in the instant between its lock and its write.
  std::optional<pid_t> pid;
};

// An exclusive flock(2) on a file that holds the holder's pid. Close-on-exec, so no child keeps it. The file
// stays when the lock goes: were it removed, two processes could each lock a file of that name.
class LockFile {
 public:
  // Creates `path` (mode 0600) when it is absent and tries to lock it without waiting. A symbolic link at
  // `path` is not followed (ELOOP); anything but a regular file is refused (EINVAL). Throws std::system_error
  // when the file cannot be opened, locked or written.
  static std::variant<LockFile, LockHolder> try_acquire(const std::string& path);

  // Lets go of the lock. Idempotent.
  void release() noexcept { file_.reset(); }

 private:
  explicit LockFile(Descriptor file) : file_(std::move(file)) {}

  Descriptor file_;
};

}  // namespace process
