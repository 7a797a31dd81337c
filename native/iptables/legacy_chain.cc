#include "iptables/legacy_chain.hh"

#include <fcntl.h>
#include <linux/netfilter_ipv4/ip_tables.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <string_view>
#include <vector>

#include "iptables/legacy_entries.hh"
#include "netlink/error.hh"
#include "process/descriptor.hh"

namespace iptables {
namespace {

constexpr char kTable[] = "filter";
// The tables that ip_tables has in the network namespace of this thread, one a line.
constexpr char kTableNames[] = "/proc/thread-self/net/ip_tables_names";
// The table may change between the question for its size and the one for its entries.
constexpr int kMaxAttempts = 10;

bool is_denied(int error) { return error == EPERM || error == EACCES; }

// Asking ip_tables itself would load the module and make the table where it is not there yet.
std::optional<bool> has_table() {
  const process::Descriptor file(open(kTableNames, O_RDONLY | O_CLOEXEC));
  if (!file.is_open()) {
    if (is_denied(errno)) return std::nullopt;
    // Without ip_tables there is no such file, without /proc there is no telling.
    if (errno == ENOENT && access("/proc/thread-self/net", F_OK) == 0) return false;
    throw netlink::system_error(std::string("cannot open ") + kTableNames, errno);
  }
  // There are five tables, and a page has room for all of their names.
  char text[4096];
  const ssize_t length = read(file.number(), text, sizeof text);
  if (length < 0) throw netlink::system_error(std::string("cannot read ") + kTableNames, errno);
  std::string_view rest(text, static_cast<size_t>(length));
  while (!rest.empty()) {
    const size_t end = std::min(rest.find('\n'), rest.size());
    if (rest.substr(0, end) == kTable) return true;
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return false;
}

// The errno of a failed request, else 0.
int read_table(int descriptor, int request, void* answer, size_t size) {
  auto length = static_cast<socklen_t>(size);
  return getsockopt(descriptor, IPPROTO_IP, request, answer, &length) == 0 ? 0 : errno;
}

}  // namespace

std::optional<bool> has_legacy_chain(const std::string& name) {
  const auto is_there = has_table();
  if (!is_there.value_or(false)) return is_there;

  // Any IPv4 socket will do; a raw one, as iptables takes, would need CAP_NET_RAW too.
  const process::Descriptor socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (!socket.is_open()) throw netlink::system_error("cannot open a socket to ip_tables", errno);

  for (int attempt = 0; attempt < kMaxAttempts; ++attempt) {
    ipt_getinfo table = {};
    std::memcpy(table.name, kTable, sizeof kTable);
    int error = read_table(socket.number(), IPT_SO_GET_INFO, &table, sizeof table);
    if (is_denied(error)) return std::nullopt;
    if (error == ENOENT || error == ENOPROTOOPT) return false;  // it went away meanwhile
    if (error != 0) throw netlink::system_error("cannot read the size of an ip_tables table", error);

    std::vector<char> blob(sizeof(ipt_get_entries) + table.size);
    std::memcpy(blob.data(), kTable, sizeof kTable);
    std::memcpy(blob.data() + offsetof(ipt_get_entries, size), &table.size, sizeof table.size);
    error = read_table(socket.number(), IPT_SO_GET_ENTRIES, blob.data(), blob.size());
    if (error == EAGAIN) continue;
    if (error != 0) throw netlink::system_error("cannot read the entries of an ip_tables table", error);

    const auto is_found = entries_have_chain(blob.data() + sizeof(ipt_get_entries), table.size, name);
    if (!is_found) throw netlink::system_error("cannot parse the entries of an ip_tables table", EBADMSG);
    return is_found;
  }
  throw netlink::system_error("an ip_tables table keeps changing", EAGAIN);
}

}  // namespace iptables
