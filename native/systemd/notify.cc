#include "systemd/notify.hh"

#include <sys/socket.h>
#include <sys/un.h>

#include <cerrno>
#include <cstddef>
#include <cstring>
#include <system_error>

#include "process/descriptor.hh"

namespace systemd {

void notify(const std::string& socket_path, const std::string& text) {
  const bool is_abstract = socket_path.size() > 1 && socket_path[0] == '@';
  if (!is_abstract && (socket_path.empty() || socket_path[0] != '/')) {
    throw std::system_error(
        EAFNOSUPPORT, std::generic_category(),
        "the notification socket '" + socket_path + "' is neither a path nor '@' and a name");
  }
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  // A path needs room for its terminator; an abstract name has none, and its length is part of the name.
  const size_t terminator = is_abstract ? 0 : 1;
  if (socket_path.size() + terminator > sizeof(address.sun_path)) {
    throw std::system_error(ENAMETOOLONG, std::generic_category(), "the notification socket's path");
  }
  std::memcpy(address.sun_path, socket_path.data(), socket_path.size());
  if (is_abstract) address.sun_path[0] = '\0';
  const auto length =
      static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + socket_path.size() + terminator);

  const process::Descriptor sender(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (!sender.is_open())
    throw std::system_error(errno, std::generic_category(), "cannot open a datagram socket");
  if (sendto(sender.number(), text.data(), text.size(), MSG_DONTWAIT | MSG_NOSIGNAL,
             reinterpret_cast<const sockaddr*>(&address), length) < 0) {
    throw std::system_error(errno, std::generic_category(), "cannot notify " + socket_path);
  }
}

}  // namespace systemd
