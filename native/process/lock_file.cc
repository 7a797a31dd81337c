#include "process/lock_file.hh"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <system_error>

namespace process {
namespace {

[[noreturn]] void throw_errno(const std::string& what) {
  throw std::system_error(errno, std::generic_category(), what);
}

std::optional<pid_t> read_pid(int fd) {
  std::array<char, 16> text;
  const ssize_t length = pread(fd, text.data(), text.size(), 0);
  pid_t pid = 0;
  if (length <= 0 || std::from_chars(text.data(), text.data() + length, pid).ec != std::errc{}) {
    return std::nullopt;
  }
  return pid;
}

void write_pid(int fd, const std::string& path) {
  const std::string text = std::to_string(getpid()) + "\n";
  if (ftruncate(fd, 0) != 0) throw_errno("cannot truncate " + path);
  const ssize_t written = pwrite(fd, text.data(), text.size(), 0);
  if (written == static_cast<ssize_t>(text.size())) return;
  if (written >= 0) errno = ENOSPC;  // a short write of a few bytes has no other cause
  throw_errno("cannot write " + path);
}

}  // namespace

std::variant<LockFile, LockHolder> LockFile::try_acquire(const std::string& path) {
  // O_NONBLOCK: opening somebody's FIFO must fail the check below, not wait.
  Descriptor file(open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600));
  if (!file.is_open()) throw_errno("cannot open " + path);

  struct stat status;
  if (fstat(file.number(), &status) != 0) throw_errno("cannot stat " + path);
  if (!S_ISREG(status.st_mode)) {
    errno = EINVAL;
    throw_errno(path + " is not a regular file");
  }
  if (flock(file.number(), LOCK_EX | LOCK_NB) != 0) {
    if (errno == EWOULDBLOCK) return LockHolder{read_pid(file.number())};
    throw_errno("cannot lock " + path);
  }
  write_pid(file.number(), path);
  return LockFile(std::move(file));
}

}  // namespace process
