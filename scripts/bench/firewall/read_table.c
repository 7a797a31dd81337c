// Reads the whole table within one generation and compares it, part by part, with what was written.
#include <arpa/inet.h>
#include <errno.h>
#include <libnftnl/common.h>
#include <libnftnl/gen.h>
#include <libnftnl/table.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <stdlib.h>
#include <string.h>

#include "drain_table.h"

bool ask(struct connection *connection, uint16_t type, uint16_t flags, void (*put)(struct nlmsghdr *),
         mnl_cb_t on_object, void *data) {
  struct nlmsghdr *request =
      nftnl_nlmsg_build_hdr(connection->buffer, type, NFPROTO_INET, flags, ++connection->sequence);
  if (put != NULL) put(request);
  if (mnl_socket_sendto(connection->socket, request, request->nlmsg_len) < 0) fail("send a request");
  // One object is all of the answer, a listing has an end.
  int more;
  do {
    const ssize_t length =
        mnl_socket_recvfrom(connection->socket, connection->buffer, connection->buffer_bytes);
    if (length < 0) fail("receive an answer");
    more = mnl_cb_run(connection->buffer, (size_t)length, connection->sequence,
                      mnl_socket_get_portid(connection->socket), on_object, data);
  } while (more > MNL_CB_STOP && flags == NLM_F_DUMP);
  if (more < 0 && errno != ENOENT) fail("read the ruleset");
  return more >= MNL_CB_STOP;
}

static void differ(const char *what) {
  errno = EBADMSG;
  fail(what);
}

static int take_generation(const struct nlmsghdr *message, void *data) {
  struct nftnl_gen *generation = nftnl_gen_alloc();
  if (generation == NULL || nftnl_gen_nlmsg_parse(message, generation) < 0) fail("parse the generation");
  *(uint32_t *)data = nftnl_gen_get_u32(generation, NFTNL_GEN_ID);
  nftnl_gen_free(generation);
  return MNL_CB_OK;
}

uint32_t read_generation(struct connection *connection) {
  uint32_t generation = 0;
  ask(connection, NFT_MSG_GETGEN, 0, NULL, take_generation, &generation);
  return generation;
}

static void put_table(struct nlmsghdr *message) { mnl_attr_put_strz(message, NFTA_TABLE_NAME, TABLE); }

static void put_elements_of(struct nlmsghdr *message) {
  mnl_attr_put_strz(message, NFTA_SET_ELEM_LIST_TABLE, TABLE);
  mnl_attr_put_strz(message, NFTA_SET_ELEM_LIST_SET, PORT_SET);
}

struct table_wanted {
  uint32_t flags;
  uint32_t owner;
};

static int check_table(const struct nlmsghdr *message, void *data) {
  const struct table_wanted *wanted = data;
  struct nftnl_table *table = nftnl_table_alloc();
  if (table == NULL || nftnl_table_nlmsg_parse(message, table) < 0) fail("parse the table");
  uint32_t length = 0;
  const char *comment = nftnl_table_get_data(table, NFTNL_TABLE_USERDATA, &length);
  if (nftnl_table_get_u32(table, NFTNL_TABLE_FLAGS) != wanted->flags ||
      nftnl_table_get_u32(table, NFTNL_TABLE_OWNER) != wanted->owner ||
      nftnl_table_get_u32(table, NFTNL_TABLE_USE) != CHAINS + 1 || length != sizeof MARK + 2 ||
      memcmp(comment + 2, MARK, sizeof MARK) != 0)
    differ("table");
  nftnl_table_free(table);
  return MNL_CB_OK;
}

static int check_set(const struct nlmsghdr *message, void *data) {
  struct nftnl_set *found = nftnl_set_alloc();
  struct nftnl_set *wanted = port_set();
  if (found == NULL || nftnl_set_nlmsg_parse(message, found) < 0) fail("parse a set");
  if (++*(size_t *)data > 1 || strcmp(nftnl_set_get_str(found, NFTNL_SET_NAME), PORT_SET) != 0) differ("set");
  static const uint16_t kNumbers[] = {NFTNL_SET_FLAGS, NFTNL_SET_KEY_TYPE, NFTNL_SET_KEY_LEN};
  for (size_t i = 0; i < sizeof kNumbers / sizeof *kNumbers; ++i) {
    if (nftnl_set_get_u32(found, kNumbers[i]) != nftnl_set_get_u32(wanted, kNumbers[i])) differ("set");
  }
  nftnl_set_free(wanted);
  nftnl_set_free(found);
  return MNL_CB_OK;
}

// Every boundary found: twice the port, and one more for an end marker, which so sorts before a start at its
// port.
struct boundaries {
  uint32_t *values;
  size_t count;
  size_t room;
};

static int take_element(struct nftnl_set_elem *element, void *data) {
  struct boundaries *found = data;
  uint32_t length = 0;
  const void *key = nftnl_set_elem_get(element, NFTNL_SET_ELEM_KEY, &length);
  if (found->count == found->room || length != sizeof(uint16_t)) differ("an element");
  uint16_t port;
  memcpy(&port, key, sizeof port);
  const uint32_t flags = nftnl_set_elem_is_set(element, NFTNL_SET_ELEM_FLAGS)
                             ? nftnl_set_elem_get_u32(element, NFTNL_SET_ELEM_FLAGS)
                             : 0;
  found->values[found->count++] = 2 * (uint32_t)ntohs(port) + (flags & NFT_SET_ELEM_INTERVAL_END ? 0 : 1);
  return 0;
}

static int take_elements(const struct nlmsghdr *message, void *data) {
  struct nftnl_set *set = nftnl_set_alloc();
  if (set == NULL || nftnl_set_elems_nlmsg_parse(message, set) < 0) fail("parse elements");
  nftnl_set_elem_foreach(set, take_element, data);
  nftnl_set_free(set);
  return MNL_CB_OK;
}

static int ascending(const void *a, const void *b) {
  const uint32_t left = *(const uint32_t *)a, right = *(const uint32_t *)b;
  return (left > right) - (left < right);
}

static void check_elements(struct boundaries found, struct ports ports) {
  qsort(found.values, found.count, sizeof *found.values, ascending);
  if (found.count != 2 * ports.count + 1 || found.values[0] != 0) differ("elements");
  for (size_t i = 0; i < ports.count; ++i) {
    if (found.values[2 * i + 1] != 2U * ports.values[i] + 1 ||
        found.values[2 * i + 2] != 2U * (ports.values[i] + 1U))
      differ("elements");
  }
}

static int check_chain(const struct nlmsghdr *message, void *data) {
  struct nftnl_chain *found = nftnl_chain_alloc();
  if (found == NULL || nftnl_chain_nlmsg_parse(message, found) < 0) fail("parse a chain");
  const size_t index = (*(size_t *)data)++;
  if (index == CHAINS) differ("a chain");
  struct nftnl_chain *wanted = chain(index);
  if (strcmp(nftnl_chain_get_str(found, NFTNL_CHAIN_NAME), nftnl_chain_get_str(wanted, NFTNL_CHAIN_NAME)) !=
      0)
    differ("a chain");
  if (index == 0 &&
      (strcmp(nftnl_chain_get_str(found, NFTNL_CHAIN_TYPE), nftnl_chain_get_str(wanted, NFTNL_CHAIN_TYPE)) !=
           0 ||
       nftnl_chain_get_u32(found, NFTNL_CHAIN_HOOKNUM) != nftnl_chain_get_u32(wanted, NFTNL_CHAIN_HOOKNUM) ||
       nftnl_chain_get_s32(found, NFTNL_CHAIN_PRIO) != nftnl_chain_get_s32(wanted, NFTNL_CHAIN_PRIO) ||
       nftnl_chain_get_u32(found, NFTNL_CHAIN_POLICY) != nftnl_chain_get_u32(wanted, NFTNL_CHAIN_POLICY)))
    differ("a chain");
  nftnl_chain_free(wanted);
  nftnl_chain_free(found);
  return MNL_CB_OK;
}

static bool same_expression(const struct nftnl_expr *wanted, const struct nftnl_expr *found) {
  enum { FIRST_OF_A_KIND = NFTNL_EXPR_BASE, MOST_OF_A_KIND = 16 };
  if (strcmp(nftnl_expr_get_str(wanted, NFTNL_EXPR_NAME), nftnl_expr_get_str(found, NFTNL_EXPR_NAME)) != 0)
    return false;
  for (uint16_t i = FIRST_OF_A_KIND; i < MOST_OF_A_KIND; ++i) {
    if (!nftnl_expr_is_set(wanted, i)) continue;
    uint32_t wanted_length = 0, found_length = 0;
    if (!nftnl_expr_is_set(found, i)) return false;
    const void *a = nftnl_expr_get(wanted, i, &wanted_length);
    const void *b = nftnl_expr_get(found, i, &found_length);
    if (wanted_length != found_length || memcmp(a, b, wanted_length) != 0) return false;
  }
  return true;
}

static int check_rule(const struct nlmsghdr *message, void *data) {
  struct nftnl_rule *found = nftnl_rule_alloc();
  if (found == NULL || nftnl_rule_nlmsg_parse(message, found) < 0) fail("parse a rule");
  const size_t index = (*(size_t *)data)++;
  if (index == RULES) differ("a rule");
  struct nftnl_rule *wanted = rule(index);
  if (strcmp(nftnl_rule_get_str(found, NFTNL_RULE_CHAIN), nftnl_rule_get_str(wanted, NFTNL_RULE_CHAIN)) != 0)
    differ("a rule");
  struct nftnl_expr_iter *a = nftnl_expr_iter_create(wanted), *b = nftnl_expr_iter_create(found);
  if (a == NULL || b == NULL) fail("memory");
  struct nftnl_expr *one, *other;
  do {
    one = nftnl_expr_iter_next(a);
    other = nftnl_expr_iter_next(b);
    if ((one == NULL) != (other == NULL) || (one != NULL && !same_expression(one, other))) differ("a rule");
  } while (one != NULL);
  nftnl_expr_iter_destroy(a);
  nftnl_expr_iter_destroy(b);
  nftnl_rule_free(wanted);
  nftnl_rule_free(found);
  return MNL_CB_OK;
}

void read_table(struct connection *connection, uint32_t flags, struct ports ports) {
  const uint32_t generation = read_generation(connection);
  struct table_wanted wanted = {flags, flags == 0 ? 0 : mnl_socket_get_portid(connection->socket)};
  if (!ask(connection, NFT_MSG_GETTABLE, 0, put_table, check_table, &wanted)) differ("table");
  size_t sets = 0, chains = 0, rules = 0;
  ask(connection, NFT_MSG_GETSET, NLM_F_DUMP, put_table, check_set, &sets);
  const size_t room = 2 * ports.count + 1;
  struct boundaries found = {malloc(room * sizeof(uint32_t)), 0, room};
  if (found.values == NULL) fail("memory");
  ask(connection, NFT_MSG_GETSETELEM, NLM_F_DUMP, put_elements_of, take_elements, &found);
  check_elements(found, ports);
  free(found.values);
  ask(connection, NFT_MSG_GETCHAIN, NLM_F_DUMP, put_table, check_chain, &chains);
  ask(connection, NFT_MSG_GETRULE, NLM_F_DUMP, put_table, check_rule, &rules);
  if (sets != 1 || chains != CHAINS || rules != RULES) differ("table");
  if (read_generation(connection) != generation) differ("generation");
}
