// Commits transactions while the socket asks other things in between, and prints one line for each: what was
// refused, by place, subject and errno. In a network namespace of its own; see transaction.test.ts.
#include <linux/netlink.h>

#include <iostream>

#include "nftables/messages.hh"
#include "nftables/table_reader.hh"
#include "nftables/transaction.hh"

namespace {

// Requests between the messages of a transaction must not shift whose the answers are.
void commit(netlink::Socket& socket, const char* table_of_set) {
  nftables::Transaction transaction(socket);
  nftables::TableReader reader(socket);
  reader.generation();
  nftables::add_table(transaction, "trial", 0, false);
  reader.header();
  nftables::add_set(transaction, table_of_set, nftables::set_definitions({}).front(), 1, false);
  const auto outcome = transaction.commit();
  std::cout << (outcome.is_unknown ? "unknown" : "known");
  for (const auto& refusal : outcome.refusals) {
    std::cout << ", " << (refusal.message ? static_cast<int>(*refusal.message) : -1) << " " << refusal.subject
              << " " << refusal.verdict.error;
  }
  std::cout << '\n';
}

}  // namespace

int main() {
  netlink::Socket socket(NETLINK_NETFILTER);
  commit(socket, "missing");
  commit(socket, "trial");
}
