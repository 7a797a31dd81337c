#include "nftables/expressions.hh"

#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>

#include <vector>

namespace nftables {
namespace {

ExpressionHandle expression(const char* name) { return own<ExpressionHandle>(nftnl_expr_alloc(name)); }

}  // namespace

ExpressionHandle meta(uint32_t key) {
  auto e = expression("meta");
  nftnl_expr_set_u32(e.get(), NFTNL_EXPR_META_KEY, key);
  nftnl_expr_set_u32(e.get(), NFTNL_EXPR_META_DREG, NFT_REG_1);
  return e;
}

ExpressionHandle compare(uint32_t operation, const void* value, uint32_t length) {
  auto e = expression("cmp");
  nftnl_expr_set_u32(e.get(), NFTNL_EXPR_CMP_SREG, NFT_REG_1);
  nftnl_expr_set_u32(e.get(), NFTNL_EXPR_CMP_OP, operation);
  nftnl_expr_set(e.get(), NFTNL_EXPR_CMP_DATA, value, length);
  return e;
}

ExpressionHandle payload(uint32_t base, uint32_t offset, uint32_t length) {
  auto e = expression("payload");
  nftnl_expr_set_u32(e.get(), NFTNL_EXPR_PAYLOAD_DREG, NFT_REG_1);
  nftnl_expr_set_u32(e.get(), NFTNL_EXPR_PAYLOAD_BASE, base);
  nftnl_expr_set_u32(e.get(), NFTNL_EXPR_PAYLOAD_OFFSET, offset);
  nftnl_expr_set_u32(e.get(), NFTNL_EXPR_PAYLOAD_LEN, length);
  return e;
}

ExpressionHandle mask(const void* bits, uint32_t length) {
  const std::vector<uint8_t> none(length);
  auto e = expression("bitwise");
  nftnl_expr_set_u32(e.get(), NFTNL_EXPR_BITWISE_SREG, NFT_REG_1);
  nftnl_expr_set_u32(e.get(), NFTNL_EXPR_BITWISE_DREG, NFT_REG_1);
  nftnl_expr_set_u32(e.get(), NFTNL_EXPR_BITWISE_LEN, length);
  nftnl_expr_set(e.get(), NFTNL_EXPR_BITWISE_MASK, bits, length);
  nftnl_expr_set(e.get(), NFTNL_EXPR_BITWISE_XOR, none.data(), length);
  return e;
}

ExpressionHandle conntrack(uint32_t key) {
  auto e = expression("ct");
  nftnl_expr_set_u32(e.get(), NFTNL_EXPR_CT_KEY, key);
  nftnl_expr_set_u32(e.get(), NFTNL_EXPR_CT_DREG, NFT_REG_1);
  return e;
}

ExpressionHandle fib_destination_type() {
  auto e = expression("fib");
  nftnl_expr_set_u32(e.get(), NFTNL_EXPR_FIB_DREG, NFT_REG_1);
  nftnl_expr_set_u32(e.get(), NFTNL_EXPR_FIB_RESULT, NFT_FIB_RESULT_ADDRTYPE);
  nftnl_expr_set_u32(e.get(), NFTNL_EXPR_FIB_FLAGS, NFTA_FIB_F_DADDR);
  return e;
}

ExpressionHandle lookup(const std::string& set_name) {
  auto e = expression("lookup");
  nftnl_expr_set_u32(e.get(), NFTNL_EXPR_LOOKUP_SREG, NFT_REG_1);
  nftnl_expr_set_str(e.get(), NFTNL_EXPR_LOOKUP_SET, set_name.c_str());
  return e;
}

ExpressionHandle return_verdict() {
  auto e = expression("immediate");
  nftnl_expr_set_u32(e.get(), NFTNL_EXPR_IMM_DREG, NFT_REG_VERDICT);
  nftnl_expr_set_u32(e.get(), NFTNL_EXPR_IMM_VERDICT, static_cast<uint32_t>(NFT_RETURN));
  return e;
}

ExpressionHandle jump_verdict(const std::string& chain_name) {
  auto e = expression("immediate");
  nftnl_expr_set_u32(e.get(), NFTNL_EXPR_IMM_DREG, NFT_REG_VERDICT);
  nftnl_expr_set_u32(e.get(), NFTNL_EXPR_IMM_VERDICT, static_cast<uint32_t>(NFT_JUMP));
  nftnl_expr_set_str(e.get(), NFTNL_EXPR_IMM_CHAIN, chain_name.c_str());
  return e;
}

ExpressionHandle reject_with_reset() {
  auto e = expression("reject");
  nftnl_expr_set_u32(e.get(), NFTNL_EXPR_REJECT_TYPE, NFT_REJECT_TCP_RST);
  nftnl_expr_set_u8(e.get(), NFTNL_EXPR_REJECT_CODE, 0);
  return e;
}

ExpressionHandle counter() { return expression("counter"); }

}  // namespace nftables
