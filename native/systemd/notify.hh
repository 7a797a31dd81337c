// The service manager's readiness protocol (sd_notify), spoken directly so that libsystemd is not a
// dependency.
#pragma once

#include <string>

namespace systemd {

// Sends `text` (newline-separated assignments such as "READY=1\nSTATUS=...") as one datagram to the socket
// that systemd names in NOTIFY_SOCKET: an absolute path, or an abstract name when it starts with '@'. Never
// blocks.
//
// Throws std::system_error: EAFNOSUPPORT for any other form of address, ENAMETOOLONG for a path that does not
// fit, EAGAIN when the receiver's queue is full, and whatever connecting and sending can fail with.
void notify(const std::string& socket_path, const std::string& text);

}  // namespace systemd
