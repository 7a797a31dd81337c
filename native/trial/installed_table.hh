// The drain table for the length of a scope.
#pragma once

#include <utility>

#include "netlink/error.hh"
#include "nftables/drain_table.hh"

namespace trial {

class InstalledTable {
 public:
  // Throws netlink::Error.
  InstalledTable(const nftables::Ruleset& ruleset, bool may_own) : table_(may_own, {}) {
    found_ = table_.apply(ruleset);
  }
  ~InstalledTable() {
    try {
      table_.remove();
    } catch (const netlink::Error&) {
      // The namespace ends soon, and the table with it.
    }
  }
  InstalledTable(const InstalledTable&) = delete;
  InstalledTable& operator=(const InstalledTable&) = delete;

  nftables::DrainTable& table() { return table_; }
  // As it was read back.
  const nftables::Inspection& found() const { return found_; }

 private:
  nftables::DrainTable table_;
  nftables::Inspection found_;
};

}  // namespace trial
