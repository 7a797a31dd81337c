#include "nftables/drain_table.hh"

#include <linux/netfilter/nf_tables.h>

#include <cerrno>
#include <utility>

#include "nftables/messages.hh"
#include "nftables/replacement.hh"
#include "nftables/transaction.hh"

namespace nftables {
namespace {

using netlink::Error;
using netlink::ErrorCode;

// How often a transaction is tried anew, and a reading begun anew, when another writer's commit came in
// between.
constexpr int kMaxAttempts = 100;
// How many of them may be at the contents alone, which takes three generations without another writer.
constexpr int kMaxReplacements = 20;

// The error of the message that was refused first; the rest mostly follow from it.
[[noreturn]] void fail(const Transaction::Refusal& refusal) {
  const int error = refusal.verdict.error;
  const std::string what = "the kernel refused " + refusal.subject;
  const std::string message = what + ": " + netlink::errno_text(error);
  if (refusal.message && error == EPERM) {
    throw Error(ErrorCode::kTableHeld, "another process owns the table", error, refusal.verdict.detail);
  }
  if (refusal.message && (error == ENOENT || error == EOPNOTSUPP)) {
    throw Error(ErrorCode::kNoNftables, message, error, refusal.verdict.detail);
  }
  throw netlink::system_error(what, error, refusal.verdict.detail);
}

// Whether it is the moment, or what this process may, that is in the way, and not what the table holds.
bool is_passing(const Transaction::Refusal& refusal) {
  switch (refusal.verdict.error) {
    case EAGAIN:
    case EINTR:
    case ENOBUFS:
    case ENOMEM:
    case EPERM:
    case ERESTART:
      return true;
    default:
      return false;
  }
}

// Deleting a base chain drops packets that wait in any nfqueue, so an intact table only gets its new owner.
Transaction::Outcome adopt_table(netlink::Socket& socket, uint32_t generation, uint32_t flags,
                                 const Features& features) {
  Transaction transaction(socket, generation);
  add_table(transaction, kTableName, flags, features.table_comments);
  return transaction.commit();
}

// The kernel cannot change the flags of a table, nor the type of a chain: what is there goes first. The guard
// makes sure that there is something to delete. A SYN may slip through, by the new base chain before this
// transaction and by the old one after it: each is empty then. So this is for a table that was of another
// kind, as after a change of ownership, and for what replace_contents() cannot do.
Transaction::Outcome write_table(netlink::Socket& socket, uint32_t generation, bool is_there,
                                 const Ruleset& ruleset, uint32_t flags, const Features& features) {
  Transaction transaction(socket, generation);
  if (is_there) delete_table(transaction, kTableName);
  add_drain_table(transaction, ruleset, flags, features);
  return transaction.commit();
}

[[noreturn]] void fail_restless() {
  throw netlink::system_error("other writers keep changing the ruleset", EAGAIN,
                              std::to_string(kMaxAttempts) + " attempts");
}

}  // namespace

// One look at the table; `contents` is for a table of ours only.
struct DrainTable::Reading {
  uint32_t generation = 0;
  std::optional<TableHeader> header;
  TableContents contents;
  bool is_torn = false;

  static Reading of_nothing(uint32_t generation) {
    Reading reading;
    reading.generation = generation;
    return reading;
  }

  bool is_like(const Reading& other) const {
    if (header.has_value() != other.header.has_value()) return false;
    if (!header) return true;
    return header->handle == other.header->handle && header->flags == other.header->flags &&
           header->owner == other.header->owner && header->comment == other.header->comment &&
           contents.ruleset == other.contents.ruleset && contents.difference == other.contents.difference;
  }

  bool holds(const Ruleset& ruleset, uint32_t flags) const {
    return header && header->is_ours() && header->flags == flags && contents.ruleset == ruleset;
  }

  // The same, and so that nothing is left to do for the socket `port_id`.
  bool is_settled(const Ruleset& ruleset, uint32_t flags, uint32_t port_id) const {
    return holds(ruleset, flags) && (flags == 0 || header->owner == port_id);
  }
};

DrainTable::DrainTable(bool may_own, Without without)
    : socket_(open_socket()), reader_(socket_), may_own_(may_own), without_(without) {}

const Features& DrainTable::features() {
  if (!features_) probe();
  return *features_;
}

Features DrainTable::probe() {
  reader_.generation();
  Features features = probe_features(socket_);
  features.element_counters = features.element_counters && !without_.element_counters;
  features.table_comments = features.table_comments && !without_.table_comments;
  features_ = features;
  return features;
}

DrainTable::Reading DrainTable::read_from(uint32_t generation) {
  Reading reading;
  reading.generation = generation;
  reading.header = reader_.header();
  if (reading.header && reading.header->is_ours()) reading.contents = read_contents(reader_, *reading.header);
  const bool was_interrupted = reader_.was_interrupted();
  reading.is_torn = reader_.generation() != reading.generation || was_interrupted;
  return reading;
}

// A reading within one generation, or, where others commit without pause, one that a second reading confirms.
// What is read after a commit was read in the generation that it made, if that one is the kernel's still.
DrainTable::Reading DrainTable::read_stable(std::optional<uint32_t> made) {
  absent_in_.reset();
  Reading reading = read_from(made ? *made : reader_.generation());
  for (int attempt = 1; reading.is_torn; ++attempt) {
    if (attempt == kMaxAttempts) fail_restless();
    Reading next = read_from(reader_.generation());
    if (next.is_like(reading)) return next;
    reading = std::move(next);
  }
  if (!reading.header) absent_in_ = reading.generation;
  return reading;
}

void DrainTable::require_changeable(const TableHeader& header) const {
  if (!header.is_ours()) {
    throw Error(ErrorCode::kForeignTable,
                std::string("a table inet ") + kTableName + " is there that is not ours", EEXIST,
                header.comment.empty() ? "it has no comment" : "its comment is \"" + header.comment + "\"");
  }
  if (header.owner != 0 && header.owner != port_id()) {
    throw Error(ErrorCode::kTableHeld, "another process owns the table", EPERM,
                "netlink port " + std::to_string(header.owner));
  }
}

Inspection DrainTable::inspection_of(const Reading& reading) const {
  Inspection inspection;
  if (!reading.header) return inspection;
  const TableHeader& header = *reading.header;
  inspection.comment = header.comment;
  if (!header.is_ours()) {
    inspection.table = Inspection::Table::kForeign;
    return inspection;
  }
  inspection.table = Inspection::Table::kOurs;
  inspection.is_owned = (header.flags & kOwnedFlags) != 0;
  if (header.owner != 0) {
    inspection.holder = header.owner == port_id() ? Inspection::Holder::kUs : Inspection::Holder::kOther;
  }
  inspection.contents = reading.contents;
  return inspection;
}

Inspection DrainTable::inspect() { return inspection_of(read_stable()); }

Inspection DrainTable::apply(const Ruleset& ruleset) {
  validate(ruleset);
  const Features& kernel = features();
  const uint32_t flags = may_own_ && kernel.owner_persist ? kOwnedFlags : 0;

  const bool is_remembered = absent_in_.has_value();
  const Reading before = is_remembered ? Reading::of_nothing(*absent_in_) : read_stable();
  absent_in_.reset();
  if (before.header) require_changeable(*before.header);
  if (before.is_settled(ruleset, flags, port_id())) return inspection_of(before);
  bool is_intact_orphan = flags == kOwnedFlags && before.holds(ruleset, kOrphanFlags);
  bool may_stay = true;

  // The generation guards what is decided by the header and the parts: the kernel commits only if nothing
  // changed since. The first attempt decides by what was just read.
  uint32_t generation = before.generation;
  auto header = before.header;
  for (int attempt = 0; attempt < kMaxAttempts; ++attempt) {
    if (attempt > 0) {
      generation = reader_.generation();
      header = reader_.header();
      if (reader_.was_interrupted()) continue;
      if (header) require_changeable(*header);
    }
    const bool adopts = is_intact_orphan && header && header->handle == before.header->handle;
    std::optional<ReplacedParts> parts;
    if (header && !adopts && may_stay && attempt < kMaxReplacements) {
      parts = replaceable_parts(reader_, *header, flags, kernel);
      if (reader_.was_interrupted()) continue;
    }

    const auto outcome = adopts ? adopt_table(socket_, generation, flags, kernel)
                         : parts
                             ? replace_contents(socket_, generation, *parts, ruleset, flags, kernel)
                             : write_table(socket_, generation, header.has_value(), ruleset, flags, kernel);
    if (outcome.is_stale()) {
      // Others may even have put the table there as it is wanted.
      if (is_remembered && attempt == 0) return apply(ruleset);
      continue;
    }
    if (!outcome.refusals.empty()) {
      // The table goes on refusing as before or as wanted: to replace all of it could only let a SYN through.
      if (!parts || is_passing(outcome.refusals.front())) fail(outcome.refusals.front());
      may_stay = false;
      continue;
    }

    // Whether or not the kernel's answers arrived, what it holds now decides.
    const uint32_t made = generation_after(generation, parts ? kReplacementSteps : 1);
    // To adopt a table may change nothing in the kernel's books, and so make no generation.
    const bool is_made_known = !adopts && !outcome.is_unknown;
    const Reading after = read_stable(is_made_known ? std::optional(made) : std::nullopt);
    if (after.holds(ruleset, flags) && (flags == 0 || after.header->owner == port_id()))
      return inspection_of(after);
    is_intact_orphan = false;
    // In a later generation than the one that this commit made, the difference is another writer's work.
    if (!is_made_known || after.generation != made) continue;
    // There is something of others in it that only goes with the table, such as a counter of its own.
    if (parts) {
      may_stay = false;
      continue;
    }
    const std::string detail = !after.header              ? "the table is absent"
                               : !after.header->is_ours() ? "the table has another comment"
                               : after.contents.ruleset   ? "its ports, prefixes, flags or owner differ"
                                                          : after.contents.difference;
    throw Error(ErrorCode::kReadBack, "the kernel does not hold what was written", 0, detail);
  }
  fail_restless();
}

void DrainTable::remove() {
  absent_in_.reset();
  for (int attempt = 0; attempt < kMaxAttempts; ++attempt) {
    const uint32_t generation = reader_.generation();
    const auto header = reader_.header();
    if (reader_.was_interrupted()) continue;
    if (!header) return;
    require_changeable(*header);
    Transaction transaction(socket_, generation);
    delete_table(transaction, kTableName);
    const auto outcome = transaction.commit();
    if (outcome.is_stale()) continue;
    if (!outcome.refusals.empty()) fail(outcome.refusals.front());
    const auto after = reader_.header();
    const uint32_t made = generation_after(generation, 1);
    if (!after) {
      if (!outcome.is_unknown) absent_in_ = made;
      return;
    }
    // As in apply(): in a later generation, somebody put it there again.
    if (outcome.is_unknown || reader_.generation() != made) continue;
    throw Error(ErrorCode::kReadBack, "the table is still there", 0, "comment \"" + after->comment + "\"");
  }
  fail_restless();
}

}  // namespace nftables
