// The parts of the drain table that do not depend on its ports.
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/rtnetlink.h>

#include "drain_table.h"

// <netinet/tcp.h> has them too, but not beside the kernel's headers.
enum { TH_FIN = 0x01, TH_SYN = 0x02, TH_RST = 0x04, TH_ACK = 0x10 };

static const uint32_t kLoopbackIndex = 1;
static const uint32_t kTypeInetService = 13;  // nft's number
static const int32_t kPriority = -150;
static const uint8_t kBigEndianKeys[] = {0, 4, 2, 0, 0, 0};  // how nft records that it can print the keys

static struct nftnl_expr *add(struct nftnl_rule *rule, const char *name) {
  struct nftnl_expr *expression = nftnl_expr_alloc(name);
  if (expression == NULL) fail("memory");
  nftnl_rule_add_expr(rule, expression);
  return expression;
}

static void add_meta(struct nftnl_rule *rule, uint32_t key) {
  struct nftnl_expr *e = add(rule, "meta");
  nftnl_expr_set_u32(e, NFTNL_EXPR_META_KEY, key);
  nftnl_expr_set_u32(e, NFTNL_EXPR_META_DREG, NFT_REG_1);
}

static void add_compare(struct nftnl_rule *rule, uint32_t operation, const void *value, uint32_t length) {
  struct nftnl_expr *e = add(rule, "cmp");
  nftnl_expr_set_u32(e, NFTNL_EXPR_CMP_SREG, NFT_REG_1);
  nftnl_expr_set_u32(e, NFTNL_EXPR_CMP_OP, operation);
  nftnl_expr_set(e, NFTNL_EXPR_CMP_DATA, value, length);
}

static void add_tcp(struct nftnl_rule *rule) {
  const uint8_t tcp = IPPROTO_TCP;
  add_meta(rule, NFT_META_L4PROTO);
  add_compare(rule, NFT_CMP_EQ, &tcp, sizeof tcp);
}

static void add_tcp_field(struct nftnl_rule *rule, uint32_t offset, uint32_t length) {
  struct nftnl_expr *e = add(rule, "payload");
  nftnl_expr_set_u32(e, NFTNL_EXPR_PAYLOAD_DREG, NFT_REG_1);
  nftnl_expr_set_u32(e, NFTNL_EXPR_PAYLOAD_BASE, NFT_PAYLOAD_TRANSPORT_HEADER);
  nftnl_expr_set_u32(e, NFTNL_EXPR_PAYLOAD_OFFSET, offset);
  nftnl_expr_set_u32(e, NFTNL_EXPR_PAYLOAD_LEN, length);
}

static void add_mask(struct nftnl_rule *rule, uint8_t bits) {
  const uint8_t none = 0;
  struct nftnl_expr *e = add(rule, "bitwise");
  nftnl_expr_set_u32(e, NFTNL_EXPR_BITWISE_SREG, NFT_REG_1);
  nftnl_expr_set_u32(e, NFTNL_EXPR_BITWISE_DREG, NFT_REG_1);
  nftnl_expr_set_u32(e, NFTNL_EXPR_BITWISE_LEN, sizeof bits);
  nftnl_expr_set(e, NFTNL_EXPR_BITWISE_MASK, &bits, sizeof bits);
  nftnl_expr_set(e, NFTNL_EXPR_BITWISE_XOR, &none, sizeof none);
}

static void add_verdict(struct nftnl_rule *rule, int verdict, const char *target) {
  struct nftnl_expr *e = add(rule, "immediate");
  nftnl_expr_set_u32(e, NFTNL_EXPR_IMM_DREG, NFT_REG_VERDICT);
  nftnl_expr_set_u32(e, NFTNL_EXPR_IMM_VERDICT, (uint32_t)verdict);
  if (target != NULL) nftnl_expr_set_str(e, NFTNL_EXPR_IMM_CHAIN, target);
}

// iif != "lo" tcp flags & (fin|syn|rst|ack) == syn jump new-connection
static void add_jump(struct nftnl_rule *rule) {
  const uint8_t syn = TH_SYN;
  add_meta(rule, NFT_META_IIF);
  add_compare(rule, NFT_CMP_NEQ, &kLoopbackIndex, sizeof kLoopbackIndex);
  add_tcp(rule);
  add_tcp_field(rule, 13, 1);
  add_mask(rule, TH_FIN | TH_SYN | TH_RST | TH_ACK);
  add_compare(rule, NFT_CMP_EQ, &syn, sizeof syn);
  add_verdict(rule, NFT_JUMP, REFUSING_CHAIN);
}

// fib daddr type != local return
static void add_local_only(struct nftnl_rule *rule) {
  const uint32_t local = RTN_LOCAL;
  struct nftnl_expr *e = add(rule, "fib");
  nftnl_expr_set_u32(e, NFTNL_EXPR_FIB_DREG, NFT_REG_1);
  nftnl_expr_set_u32(e, NFTNL_EXPR_FIB_RESULT, NFT_FIB_RESULT_ADDRTYPE);
  nftnl_expr_set_u32(e, NFTNL_EXPR_FIB_FLAGS, NFTA_FIB_F_DADDR);
  add_compare(rule, NFT_CMP_NEQ, &local, sizeof local);
  add_verdict(rule, NFT_RETURN, NULL);
}

// tcp dport @ports reject with tcp reset
static void add_reject(struct nftnl_rule *rule) {
  add_tcp(rule);
  add_tcp_field(rule, 2, 2);
  struct nftnl_expr *lookup = add(rule, "lookup");
  nftnl_expr_set_u32(lookup, NFTNL_EXPR_LOOKUP_SREG, NFT_REG_1);
  nftnl_expr_set_str(lookup, NFTNL_EXPR_LOOKUP_SET, PORT_SET);
  struct nftnl_expr *reject = add(rule, "reject");
  nftnl_expr_set_u32(reject, NFTNL_EXPR_REJECT_TYPE, NFT_REJECT_TCP_RST);
}

struct nftnl_rule *rule(size_t index) {
  static void (*const add_expressions[RULES])(struct nftnl_rule *) = {add_jump, add_local_only, add_reject};
  struct nftnl_rule *rule = nftnl_rule_alloc();
  if (rule == NULL) fail("memory");
  nftnl_rule_set_u32(rule, NFTNL_RULE_FAMILY, NFPROTO_INET);
  nftnl_rule_set_str(rule, NFTNL_RULE_TABLE, TABLE);
  nftnl_rule_set_str(rule, NFTNL_RULE_CHAIN, index == 0 ? BASE_CHAIN : REFUSING_CHAIN);
  add_expressions[index](rule);
  return rule;
}

struct nftnl_chain *chain(size_t index) {
  struct nftnl_chain *chain = nftnl_chain_alloc();
  if (chain == NULL) fail("memory");
  nftnl_chain_set_u32(chain, NFTNL_CHAIN_FAMILY, NFPROTO_INET);
  nftnl_chain_set_str(chain, NFTNL_CHAIN_TABLE, TABLE);
  nftnl_chain_set_str(chain, NFTNL_CHAIN_NAME, index == 0 ? BASE_CHAIN : REFUSING_CHAIN);
  if (index > 0) return chain;
  nftnl_chain_set_str(chain, NFTNL_CHAIN_TYPE, "filter");
  nftnl_chain_set_u32(chain, NFTNL_CHAIN_HOOKNUM, NF_INET_PRE_ROUTING);
  nftnl_chain_set_s32(chain, NFTNL_CHAIN_PRIO, kPriority);
  nftnl_chain_set_u32(chain, NFTNL_CHAIN_POLICY, NF_ACCEPT);
  return chain;
}

struct nftnl_set *port_set(void) {
  struct nftnl_set *set = nftnl_set_alloc();
  struct nftnl_expr *counter = nftnl_expr_alloc("counter");
  if (set == NULL || counter == NULL) fail("memory");
  nftnl_set_set_str(set, NFTNL_SET_TABLE, TABLE);
  nftnl_set_set_str(set, NFTNL_SET_NAME, PORT_SET);
  nftnl_set_set_u32(set, NFTNL_SET_ID, 1);
  nftnl_set_set_u32(set, NFTNL_SET_FLAGS, NFT_SET_INTERVAL);
  nftnl_set_set_u32(set, NFTNL_SET_KEY_TYPE, kTypeInetService);
  nftnl_set_set_u32(set, NFTNL_SET_KEY_LEN, sizeof(uint16_t));
  nftnl_set_set_data(set, NFTNL_SET_USERDATA, kBigEndianKeys, sizeof kBigEndianKeys);
  nftnl_set_add_expr(set, counter);
  return set;
}
