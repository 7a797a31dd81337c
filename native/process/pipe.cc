#include "process/pipe.hh"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace process {

Pipe open_pipe() {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0)
    throw std::system_error(errno, std::generic_category(), "cannot open a pipe");
  return {ends[0], ends[1]};
}

}  // namespace process
