#include "iptables/legacy_table.hh"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string_view>

#include "netlink/error.hh"

namespace iptables {
namespace {

// The tables that there are in the network namespace of this thread, one a line.
const char* names_file(int family) {
  return family == AF_INET ? "/proc/thread-self/net/ip_tables_names"
                           : "/proc/thread-self/net/ip6_tables_names";
}

}  // namespace

bool is_denied(int error) { return error == EPERM || error == EACCES; }

// Asking ip_tables itself would load the module and make the table where it is not there yet.
std::optional<bool> has_legacy_table(int family, const std::string& name) {
  const char* path = names_file(family);
  const process::Descriptor file(open(path, O_RDONLY | O_CLOEXEC));
  if (!file.is_open()) {
    if (is_denied(errno)) return std::nullopt;
    // Without ip_tables there is no such file, without /proc there is no telling.
    if (errno == ENOENT && access("/proc/thread-self/net", F_OK) == 0) return false;
    throw netlink::system_error(std::string("cannot open ") + path, errno);
  }
  // There are five tables, and a page has room for all of their names.
  char text[4096];
  const ssize_t length = read(file.number(), text, sizeof text);
  if (length < 0) throw netlink::system_error(std::string("cannot read ") + path, errno);
  std::string_view rest(text, static_cast<size_t>(length));
  while (!rest.empty()) {
    const size_t end = std::min(rest.find('\n'), rest.size());
    if (rest.substr(0, end) == name) return true;
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return false;
}

// Any socket of the family will do; a raw one, as iptables takes, would need CAP_NET_RAW too.
process::Descriptor open_legacy_socket(int family) {
  process::Descriptor socket(::socket(family, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (!socket.is_open()) throw netlink::system_error("cannot open a socket to ip_tables", errno);
  return socket;
}

int ask_legacy(const process::Descriptor& socket, int family, int option, void* answer, size_t size) {
  auto length = static_cast<socklen_t>(size);
  const int level = family == AF_INET ? IPPROTO_IP : IPPROTO_IPV6;
  return getsockopt(socket.number(), level, option, answer, &length) == 0 ? 0 : errno;
}

int read_legacy_form(const process::Descriptor& socket, int family, const std::string& name,
                     ipt_getinfo& form) {
  form = {};
  name.copy(form.name, sizeof form.name - 1);
  return ask_legacy(socket, family, IPT_SO_GET_INFO, &form, sizeof form);
}

}  // namespace iptables
