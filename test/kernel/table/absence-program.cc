// Applies where there was no table as far as the call before knew, and prints for each how often it sent,
// how many generations it made and what it came to. In a network namespace of its own; see absence.test.ts.
#include <dlfcn.h>
#include <sys/socket.h>

#include <functional>
#include <iostream>

#include "nftables/drain_table.hh"
#include "nftables/messages.hh"

namespace {

int sends = 0;

using nftables::DrainTable;
using nftables::Inspection;

nftables::Ruleset ports_from(uint16_t first) {
  nftables::Ruleset ruleset;
  ruleset.ports = {{first, first}, {8000, 8100}};
  return ruleset;
}

uint32_t generation() {
  auto socket = nftables::open_socket();
  return nftables::TableReader(socket).generation();
}

// Somebody else's commit.
void add_table(const char* name) {
  auto socket = nftables::open_socket();
  nftables::Transaction transaction(socket);
  nftables::add_table(transaction, name, 0, false);
  transaction.commit();
}

void delete_table(const char* name) {
  auto socket = nftables::open_socket();
  nftables::Transaction transaction(socket);
  nftables::delete_table(transaction, name);
  transaction.commit();
}

void show(const char* what, DrainTable& table, const nftables::Ruleset& ruleset) {
  const uint32_t before = generation();
  const int sent_before = sends;
  std::string outcome;
  try {
    outcome = table.apply(ruleset).contents.ruleset == ruleset ? "held" : "not held";
  } catch (const netlink::Error& error) {
    outcome = netlink::to_string(error.code());
  }
  const int sent = sends - sent_before;
  std::cout << what << ": " << sent << " sends, " << generation() - before << " commits, " << outcome << '\n';
}

// What the kernel says to the whole table where a foreign one is and nothing guards.
void show_unguarded(const nftables::Ruleset& ruleset) {
  auto socket = nftables::open_socket();
  nftables::Transaction transaction(socket);
  nftables::add_drain_table(transaction, ruleset, 0, nftables::probe_features(socket));
  const auto refusals = transaction.commit().refusals;
  std::cout << "unguarded: errno " << (refusals.empty() ? 0 : refusals.front().verdict.error) << '\n';
}

}  // namespace

// In the place of the system's, for libmnl too.
extern "C" ssize_t sendto(int descriptor, const void* bytes, size_t length, int flags, const sockaddr* to,
                          socklen_t to_length) {
  static const auto real = reinterpret_cast<decltype(&sendto)>(dlsym(RTLD_NEXT, "sendto"));
  ++sends;
  return real(descriptor, bytes, length, flags, to, to_length);
}

int main() {
  const auto wanted = ports_from(80);
  DrainTable table(false, {});
  DrainTable other(false, {});
  table.probe();
  other.probe();

  show("nothing known", table, wanted);
  table.remove();
  show("removed", table, wanted);
  table.remove();
  table.inspect();
  show("found absent", table, wanted);
  show("applied", table, wanted);

  table.remove();
  add_table("unrelated");
  show("removed, then another table made", table, wanted);

  table.remove();
  other.apply(wanted);
  show("removed, then made by another as wanted", table, wanted);

  table.remove();
  other.apply(ports_from(443));
  show("removed, then made by another with other ports", table, wanted);

  table.remove();
  table.inspect();
  add_table(nftables::kTableName);
  show("found absent, then a foreign one made", table, wanted);
  show("the same again", table, wanted);
  show_unguarded(wanted);
  delete_table(nftables::kTableName);
  show("that one gone", table, wanted);

  table.remove();
  other.apply(wanted);
  other.remove();
  show("removed, made and removed by another", table, wanted);
}
