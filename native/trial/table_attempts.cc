#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <poll.h>
#include <sys/eventfd.h>

#include <cerrno>
#include <cstring>
#include <exception>
#include <string>
#include <vector>

#include "nftables/definition.hh"
#include "nftables/messages.hh"
#include "nftables/monitor.hh"
#include "nftables/transaction.hh"
#include "process/descriptor.hh"
#include "trial/attempt.hh"
#include "trial/installed_table.hh"

namespace trial {
namespace {

constexpr int kEventDeadlineMs = 2'000;

nftables::Ruleset some_ruleset() {
  nftables::Ruleset ruleset;
  ruleset.ports = {{80, 80}, {8000, 8100}};
  ruleset.allow_from = {*nftables::parse_prefix("192.0.2.0/24"), *nftables::parse_prefix("2001:db8::/32")};
  return ruleset;
}

std::string refusal_of(const nftables::Transaction::Outcome& outcome) {
  if (outcome.is_unknown) return "the kernel did not answer";
  if (outcome.refusals.empty()) return {};
  const auto& [message, subject, verdict] = outcome.refusals.front();
  return "the kernel refused " + subject + ": " + netlink::errno_text(verdict.error);
}

// The first rule of the refusing chain, alone in a table that is not committed.
std::string look_up_destination() {
  netlink::Socket socket(NETLINK_NETFILTER);
  nftables::Transaction transaction(socket);
  nftables::add_table(transaction, nftables::kTableName, 0, false);
  for (const auto& chain : nftables::chain_definitions({})) {
    nftables::add_chain(transaction, nftables::kTableName, chain);
  }
  for (const auto& rule : nftables::rule_definitions({})) {
    if (std::string(rule.chain) != nftables::kRefusingChain) continue;
    nftables::add_rule(transaction, nftables::kTableName, rule, "");
    break;
  }
  return refusal_of(transaction.rehearse());
}

std::string install_and_remove(bool may_own) {
  InstalledTable installed(some_ruleset(), may_own);
  if (may_own && !installed.found().is_owned)
    return "the kernel cannot keep a table for its owner (Linux 6.9)";
  if (!(installed.table().inspect().contents.ruleset == some_ruleset()))
    return "the table reads back as another";
  installed.table().remove();
  const bool is_gone = installed.table().inspect().table == nftables::Inspection::Table::kAbsent;
  return is_gone ? "" : "the table is still there after its removal";
}

std::string keep_comment() {
  InstalledTable installed(some_ruleset(), false);
  if (!installed.table().probe().table_comments)
    return "the kernel keeps no comment of a table, only of rules";
  return installed.found().comment == nftables::kMark ? "" : "the comment reads back as another";
}

std::string destroy_table() {
  InstalledTable installed(some_ruleset(), false);
  netlink::Socket socket(NETLINK_NETFILTER);
  nftables::Transaction transaction(socket);
  transaction.add(nftables::kDestroyTableMessage, 0, "to destroy a table",
                  [](nlmsghdr* m) { mnl_attr_put_strz(m, NFTA_TABLE_NAME, nftables::kTableName); });
  std::string refusal = refusal_of(transaction.commit());
  if (!refusal.empty()) return refusal;
  const bool is_gone = installed.table().inspect().table == nftables::Inspection::Table::kAbsent;
  return is_gone ? "" : "the table is still there";
}

std::string install_closing_chain() {
  auto ruleset = some_ruleset();
  ruleset.closing = true;
  const InstalledTable installed(ruleset, false);
  return {};
}

// Another socket's work on our table is heard of.
std::string hear_of_change() {
  const process::Descriptor heard(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!heard.is_open()) return std::string("eventfd: ") + std::strerror(errno);
  const auto tell = [&] { eventfd_write(heard.number(), 1); };
  std::exception_ptr failure;
  nftables::Monitor monitor(
      0, [&](const nftables::RulesetEvent&) { tell(); },
      [&](const std::exception_ptr& error) {
        failure = error;
        tell();
      });
  const InstalledTable installed(some_ruleset(), false);
  pollfd waited{heard.number(), POLLIN, 0};
  const bool was_in_time = poll(&waited, 1, kEventDeadlineMs) == 1;
  monitor.stop();
  if (failure) std::rethrow_exception(failure);
  return was_in_time ? "" : "no notification came";
}

}  // namespace

std::vector<Attempt> table_attempts() {
  return {
      {"fib lookup", true, look_up_destination},
      {"plain table", true, [] { return install_and_remove(false); }},
      {"owned table (owner, persist)", false, [] { return install_and_remove(true); }},
      {"table comments", false, keep_comment},
      {"destroy table", false, destroy_table},
      {"closing chain", false, install_closing_chain},
      {"ruleset notifications", false, hear_of_change},
  };
}

}  // namespace trial
