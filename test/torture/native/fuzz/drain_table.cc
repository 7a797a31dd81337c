// The whole drain table against a kernel that answers anything: what it decides from its own readings, and
// the answers to its transactions.
#include "nftables/drain_table.hh"

#include "target.hh"

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  return fuzz::run(data, size, [](uint8_t choice) {
    nftables::DrainTable table((choice & 4) != 0, {});
    const nftables::Ruleset ruleset{
        {{80, 80}, {443, 445}}, {*nftables::parse_prefix("10.0.0.0/8")}, false, false};
    // What it finds is what the next call goes by.
    if ((choice & 8) != 0) table.inspect();
    switch (choice % 4) {
      case 0:
        table.inspect();
        break;
      case 1:
        table.apply(ruleset);
        break;
      case 2:
        table.remove();
        break;
      default:
        table.probe();
    }
  });
}
