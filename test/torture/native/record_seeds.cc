// record-seeds DIRECTORY: asks the kernel of this network namespace everything that a fuzz target asks, and
// writes what it answered as the targets' seeds, DIRECTORY/TARGET/NAME. record-seeds.ts makes the namespace
// and what there is to see in it.
#include <libmnl/libmnl.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter_ipv4/ip_tables.h>
#include <sys/socket.h>

#include <cerrno>
#include <condition_variable>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iostream>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "connections/count.hh"
#include "connections/destroy.hh"
#include "conntrack/tracker.hh"
#include "fuzz/answers.hh"
#include "inet/local_addresses.hh"
#include "inet_diag/tcp_socket.hh"
#include "iptables/legacy_table.hh"
#include "nftables/base_chains.hh"
#include "nftables/drain_table.hh"
#include "nftables/monitor.hh"
#include "nftables/table_contents.hh"

namespace {

using Bytes = std::vector<char>;

// What came over each descriptor, in order; the monitor's thread receives too.
std::mutex guard;
std::vector<std::pair<int, Bytes>> tape;
std::map<int, uint32_t> first_sequences;

// A message without content, which stands for a failed receive (see answers.hh).
Bytes mark(uint16_t type) {
  const nlmsghdr header{sizeof(nlmsghdr), type, 0, 0, 0};
  Bytes bytes(sizeof header);
  std::memcpy(bytes.data(), &header, sizeof header);
  return bytes;
}

void rewrite(Bytes& datagram, uint32_t first_sequence) {
  int remaining = static_cast<int>(datagram.size());
  auto* message = reinterpret_cast<nlmsghdr*>(datagram.data());
  while (mnl_nlmsg_ok(message, remaining)) {
    const uint32_t relative = message->nlmsg_seq - first_sequence;
    if (relative < fuzz::kRelativeSequences) message->nlmsg_seq = relative;
    message->nlmsg_pid = 0;
    auto* next = mnl_nlmsg_next(message, &remaining);
    const bool is_last = !mnl_nlmsg_ok(next, remaining);
    message->nlmsg_flags = static_cast<uint16_t>(is_last ? message->nlmsg_flags & ~NLM_F_MULTI
                                                         : message->nlmsg_flags | NLM_F_MULTI);
    message = next;
  }
}

// The answers of one operation, those of the socket that was first used if `only_first`.
Bytes answers_to(const std::function<void()>& operation, bool only_first = false) {
  {
    const std::lock_guard<std::mutex> lock(guard);
    tape.clear();
  }
  try {
    operation();
  } catch (const std::runtime_error& error) {
    std::cerr << "record-seeds: the kernel refuses: " << error.what() << '\n';
  }
  const std::lock_guard<std::mutex> lock(guard);
  Bytes all;
  for (const auto& [descriptor, bytes] : tape) {
    if (!only_first || descriptor == tape.front().first) all.insert(all.end(), bytes.begin(), bytes.end());
  }
  return all;
}

class Seeds {
 public:
  explicit Seeds(std::filesystem::path directory) : directory_(std::move(directory)) {}

  void write(const std::string& target, const std::string& name, const Bytes& bytes) const {
    std::filesystem::create_directories(directory_ / target);
    std::ofstream(directory_ / target / name, std::ios::binary)
        .write(bytes.data(), static_cast<long>(bytes.size()));
  }

  void write(const std::string& target, const std::string& name, uint8_t choice, const Bytes& answers) const {
    Bytes bytes{static_cast<char>(choice)};
    bytes.insert(bytes.end(), answers.begin(), answers.end());
    write(target, name, bytes);
  }

 private:
  std::filesystem::path directory_;
};

nftables::Ruleset full_ruleset() {
  return {{{80, 80}, {443, 445}},
          {*nftables::parse_prefix("10.0.0.0/8"), *nftables::parse_prefix("2001:db8::/32")},
          false,
          true};
}

const nftables::Ruleset kSmall{{{80, 80}, {443, 445}}, {}, true, false};

void record_reader(const Seeds& seeds) {
  auto socket = nftables::open_socket();
  nftables::TableReader reader(socket);
  const std::string target = "table_reader";
  seeds.write(target, "generation", 0, answers_to([&] { reader.generation(); }));
  seeds.write(target, "header", 1, answers_to([&] { reader.header(); }));
  seeds.write(target, "sets", 2, answers_to([&] { reader.sets(); }));
  seeds.write(target, "rules", 3, answers_to([&] { reader.rules(); }));
  seeds.write(target, "chain", 4, answers_to([&] { reader.chain(nftables::kBaseChain); }));
  uint8_t choice = 5;
  for (const auto& set : nftables::set_definitions({true, true, true, true})) {
    seeds.write(target, std::string("intervals-") + set.name, choice,
                answers_to([&] { reader.intervals(set); }));
    choice += 7;
  }
  seeds.write(target, "contents", 6, answers_to([&] {
                const auto header = reader.header();
                if (header) nftables::read_contents(reader, *header);
              }));
  for (const auto& rule : reader.rules()) {
    static int number = 0;
    seeds.write("attribute_match", "rule-" + std::to_string(++number), rule.expressions);
  }
}

void record_table(const Seeds& seeds) {
  const std::string target = "drain_table";
  for (const bool may_own : {false, true}) {
    const std::string suffix = may_own ? "-owned" : "-plain";
    const uint8_t own = may_own ? 4 : 0;
    // The fuzz target applies this one.
    const nftables::Ruleset ruleset{
        {{80, 80}, {443, 445}}, {*nftables::parse_prefix("10.0.0.0/8")}, false, false};
    nftables::DrainTable table(may_own, {});
    seeds.write(target, "probe" + suffix, 3 | own, answers_to([&] { table.probe(); }));
    seeds.write(target, "apply" + suffix, 1 | own,
                answers_to([&] { nftables::DrainTable(may_own, {}).apply(ruleset); }));
    seeds.write(target, "again" + suffix, 1 | own,
                answers_to([&] { nftables::DrainTable(may_own, {}).apply(ruleset); }));
    table.apply(full_ruleset());
    if (!may_own) record_reader(seeds);
    seeds.write(target, "inspect" + suffix, own, answers_to([&] { table.inspect(); }));
    seeds.write(target, "held" + suffix, 1 | own,
                answers_to([&] { nftables::DrainTable(may_own, {}).apply(ruleset); }));
    seeds.write(target, "remove" + suffix, 2 | own, answers_to([&] { table.remove(); }));
    seeds.write(target, "absent" + suffix, own, answers_to([&] { table.inspect(); }));
  }
}

void record_monitor(const Seeds& seeds) {
  seeds.write("monitor", "changes", 0,
              answers_to(
                  [] {
                    std::mutex mutex;
                    std::condition_variable heard;
                    int events = 0;
                    nftables::Monitor monitor(
                        1,
                        [&](const nftables::RulesetEvent&) {
                          const std::lock_guard<std::mutex> lock(mutex);
                          ++events;
                          heard.notify_one();
                        },
                        [](const std::exception_ptr&) {});
                    nftables::DrainTable table(false, {});
                    table.apply(kSmall);
                    table.remove();
                    std::unique_lock<std::mutex> lock(mutex);
                    heard.wait_for(lock, std::chrono::seconds(10), [&] { return events == 2; });
                  },
                  true));
}

// The kernel's refusals, each with its extended acknowledgement.
void record_verdicts(const Seeds& seeds) {
  netlink::Socket socket(NETLINK_NETFILTER);
  alignas(nlmsghdr) char buffer[512] = {};
  const auto ask = [&](uint16_t type, const char* table) {
    auto* request = mnl_nlmsg_put_header(buffer);
    request->nlmsg_type = static_cast<uint16_t>(NFNL_SUBSYS_NFTABLES << 8 | type);
    request->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
    request->nlmsg_seq = socket.next_sequence();
    auto* header = static_cast<nfgenmsg*>(mnl_nlmsg_put_extra_header(request, sizeof(nfgenmsg)));
    header->nfgen_family = NFPROTO_INET;
    if (table != nullptr) mnl_attr_put_strz(request, NFTA_TABLE_NAME, table);
    return answers_to([&] { socket.request(*request, [](const nlmsghdr&) {}); });
  };
  seeds.write("verdict", "no-such-table", ask(NFT_MSG_GETTABLE, "none"));
  seeds.write("verdict", "no-name", ask(NFT_MSG_GETTABLE, nullptr));
  seeds.write("verdict", "name-too-long", ask(NFT_MSG_GETTABLE, std::string(300, 'x').c_str()));
  seeds.write("verdict", "no-such-message", ask(0x7f, nullptr));
}

void record_connections(const Seeds& seeds) {
  for (const uint8_t family : {AF_INET, AF_INET6}) {
    netlink::Socket socket(NETLINK_SOCK_DIAG);
    seeds.write("tcp_sockets", family == AF_INET ? "v4" : "v6", family == AF_INET6, answers_to([&] {
                  inet_diag::dump_tcp_sockets(socket, family, {1, 65535});
                }));
  }
  seeds.write("tracker", "flows", 0, answers_to([] {
                netlink::Socket socket(NETLINK_NETFILTER);
                conntrack::dump_dnat_flows(socket);
                conntrack::read_tcp_timeouts(socket);
              }));
  seeds.write("local_addresses", "routes", 0, answers_to([] { inet::LocalAddresses::read(); }));
  const inet::PortSet ports({{80, 80}, {443, 445}, {1024, 65535}});
  seeds.write("connections", "count", 1, answers_to([&] { connections::count_connections(ports, true); }));
  seeds.write("connections", "destroy", 3,
              answers_to([&] { connections::destroy_connections(ports, true); }));
}

// ip_tables of this kernel, where it has any.
void record_legacy(const Seeds& seeds) {
  if (!iptables::has_legacy_table(AF_INET, "filter").value_or(false)) {
    std::cerr << "record-seeds: no table of iptables-legacy to record\n";
    return;
  }
  const auto socket = iptables::open_legacy_socket(AF_INET);
  ipt_getinfo form;
  iptables::read_legacy_form(socket, AF_INET, "filter", form);
  Bytes blob(sizeof(ipt_get_entries) + form.size);
  std::memcpy(blob.data(), "filter", sizeof "filter");
  std::memcpy(blob.data() + offsetof(ipt_get_entries, size), &form.size, sizeof form.size);
  iptables::ask_legacy(socket, AF_INET, IPT_SO_GET_ENTRIES, blob.data(), blob.size());
  seeds.write("legacy_entries", "filter", Bytes(blob.begin() + sizeof(ipt_get_entries), blob.end()));
}

}  // namespace

extern "C" {
ssize_t __real_mnl_socket_sendto(const mnl_socket* handle, const void* bytes, size_t length);
ssize_t __real_recvfrom(int descriptor, void* buffer, size_t capacity, int flags, sockaddr* sender,
                        socklen_t* length);

ssize_t __wrap_mnl_socket_sendto(const mnl_socket* handle, const void* bytes, size_t length) {
  {
    const std::lock_guard<std::mutex> lock(guard);
    first_sequences[mnl_socket_get_fd(handle)] = static_cast<const nlmsghdr*>(bytes)->nlmsg_seq;
  }
  return __real_mnl_socket_sendto(handle, bytes, length);
}

ssize_t __wrap_recvfrom(int descriptor, void* buffer, size_t capacity, int flags, sockaddr* sender,
                        socklen_t* sender_length) {
  const ssize_t length = __real_recvfrom(descriptor, buffer, capacity, flags, sender, sender_length);
  const int error = errno;
  const std::lock_guard<std::mutex> lock(guard);
  if (length < 0) {
    tape.emplace_back(descriptor, mark(error == ENOBUFS ? NLMSG_OVERRUN : NLMSG_NOOP));
  } else {
    Bytes datagram(static_cast<char*>(buffer), static_cast<char*>(buffer) + length);
    rewrite(datagram, first_sequences[descriptor]);
    tape.emplace_back(descriptor, std::move(datagram));
  }
  errno = error;
  return length;
}
}

int main(int count, char** arguments) {
  if (count != 2) {
    std::cerr << "usage: record-seeds DIRECTORY\n";
    return 2;
  }
  const Seeds seeds(arguments[1]);
  record_verdicts(seeds);
  record_table(seeds);
  record_monitor(seeds);
  seeds.write("base_chains", "everybody", 0, answers_to([] { nftables::list_base_chains(); }));
  record_connections(seeds);
  record_legacy(seeds);
  return 0;
}
