// A pipe for a script's output. Node gives its children socket pairs instead, through which a script cannot
// open /dev/stdout or /dev/stderr again (ENXIO).
#pragma once

namespace process {

struct Pipe {
  int read_fd;
  int write_fd;
};

// A pipe whose ends are close-on-exec; they are the caller's to close. Throws std::system_error.
Pipe open_pipe();

}  // namespace process
