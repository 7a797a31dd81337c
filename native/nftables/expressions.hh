// The expressions of our rules, one function for each, as nft writes them: register 1 throughout.
#pragma once

#include <cstdint>
#include <string>

#include "nftables/handles.hh"

namespace nftables {

// meta load KEY => reg 1
ExpressionHandle meta(uint32_t key);
// cmp OP reg 1 VALUE; the value is in the byte order of what was loaded.
ExpressionHandle compare(uint32_t operation, const void* value, uint32_t length);
// payload load LENGTHb @ BASE + OFFSET => reg 1
ExpressionHandle payload(uint32_t base, uint32_t offset, uint32_t length);
// bitwise reg 1 = (reg 1 & MASK) ^ 0
ExpressionHandle mask(const void* bits, uint32_t length);
// ct load KEY => reg 1; conntrack runs in the network namespace as long as a rule has one.
ExpressionHandle conntrack(uint32_t key);
// fib daddr type => reg 1
ExpressionHandle fib_destination_type();
// lookup reg 1 set NAME
ExpressionHandle lookup(const std::string& set_name);
// immediate reg 0 return
ExpressionHandle return_verdict();
// immediate reg 0 jump -> CHAIN
ExpressionHandle jump_verdict(const std::string& chain_name);
// reject with tcp reset
ExpressionHandle reject_with_reset();
// counter packets 0 bytes 0
ExpressionHandle counter();

}  // namespace nftables
