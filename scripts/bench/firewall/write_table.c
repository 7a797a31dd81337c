// Installs and deletes the table, each in one batch that the kernel commits as a whole.
#include <arpa/inet.h>
#include <libnftnl/common.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <string.h>

#include "drain_table.h"

// A batch in the making, in the connection's buffer.
struct batch {
  struct connection *connection;
  size_t length;
  size_t last_message;
};

static void put_boundary(struct batch *batch, uint16_t type, const uint32_t *generation) {
  struct nlmsghdr *message = mnl_nlmsg_put_header(batch->connection->buffer + batch->length);
  message->nlmsg_type = type;
  message->nlmsg_flags = NLM_F_REQUEST;
  message->nlmsg_seq = ++batch->connection->sequence;
  struct nfgenmsg *header = mnl_nlmsg_put_extra_header(message, sizeof *header);
  header->nfgen_family = AF_UNSPEC;
  header->version = NFNETLINK_V0;
  header->res_id = htons(NFNL_SUBSYS_NFTABLES);
  if (generation != NULL) mnl_attr_put_u32(message, NFNL_BATCH_GENID, htonl(*generation));
  batch->length += MNL_ALIGN(message->nlmsg_len);
}

static struct batch begin(struct connection *connection, uint32_t generation) {
  struct batch batch = {connection, 0, 0};
  put_boundary(&batch, NFNL_MSG_BATCH_BEGIN, &generation);
  return batch;
}

static struct nlmsghdr *add_message(struct batch *batch, uint16_t type, uint16_t flags) {
  batch->last_message = batch->length;
  return nftnl_nlmsg_build_hdr(batch->connection->buffer + batch->length, type, NFPROTO_INET, flags,
                               ++batch->connection->sequence);
}

static void end_message(struct batch *batch, const struct nlmsghdr *message) {
  batch->length += MNL_ALIGN(message->nlmsg_len);
}

// The last message is acknowledged; any refusal comes before.
static void commit(struct batch *batch) {
  struct connection *connection = batch->connection;
  struct nlmsghdr *last = (struct nlmsghdr *)(connection->buffer + batch->last_message);
  last->nlmsg_flags |= NLM_F_ACK;
  const uint32_t sequence = last->nlmsg_seq;
  put_boundary(batch, NFNL_MSG_BATCH_END, NULL);
  if (mnl_socket_sendto(connection->socket, connection->buffer, batch->length) < 0) fail("send a batch");
  const ssize_t length =
      mnl_socket_recvfrom(connection->socket, connection->buffer, connection->buffer_bytes);
  if (length < 0) fail("receive the answer to a batch");
  if (mnl_cb_run(connection->buffer, (size_t)length, sequence, mnl_socket_get_portid(connection->socket),
                 NULL, NULL) < 0)
    fail("commit a batch");
}

static void add_element(struct nftnl_set *set, uint16_t port, uint32_t flags) {
  struct nftnl_set_elem *element = nftnl_set_elem_alloc();
  if (element == NULL) fail("memory");
  const uint16_t key = htons(port);
  nftnl_set_elem_set(element, NFTNL_SET_ELEM_KEY, &key, sizeof key);
  if (flags != 0) nftnl_set_elem_set_u32(element, NFTNL_SET_ELEM_FLAGS, flags);
  nftnl_set_elem_add(set, element);
}

// Every interval is its first port and an end marker one past its last.
static void add_elements(struct batch *batch, struct nftnl_set *set, struct ports ports) {
  add_element(set, 0, NFT_SET_ELEM_INTERVAL_END);
  for (size_t i = 0; i < ports.count; ++i) {
    add_element(set, ports.values[i], 0);
    add_element(set, (uint16_t)(ports.values[i] + 1), NFT_SET_ELEM_INTERVAL_END);
  }
  struct nftnl_set_elems_iter *rest = nftnl_set_elems_iter_create(set);
  if (rest == NULL) fail("memory");
  int more;
  do {
    struct nlmsghdr *message = add_message(batch, NFT_MSG_NEWSETELEM, NLM_F_CREATE);
    more = nftnl_set_elems_nlmsg_build_payload_iter(message, rest);
    end_message(batch, message);
  } while (more > 0);
  nftnl_set_elems_iter_destroy(rest);
}

void write_table(struct connection *connection, uint32_t generation, uint32_t flags, struct ports ports) {
  struct batch batch = begin(connection, generation);

  struct nlmsghdr *message = add_message(&batch, NFT_MSG_NEWTABLE, NLM_F_CREATE);
  const char comment[] = "\0\0" MARK;  // type 0, its length, the text
  char user_data[sizeof comment];
  memcpy(user_data, comment, sizeof comment);
  user_data[1] = sizeof comment - 2;
  mnl_attr_put_strz(message, NFTA_TABLE_NAME, TABLE);
  mnl_attr_put_u32(message, NFTA_TABLE_FLAGS, htonl(flags));
  mnl_attr_put(message, NFTA_TABLE_USERDATA, sizeof user_data, user_data);
  end_message(&batch, message);

  struct nftnl_set *set = port_set();
  message = add_message(&batch, NFT_MSG_NEWSET, NLM_F_CREATE);
  nftnl_set_nlmsg_build_payload(message, set);
  end_message(&batch, message);
  add_elements(&batch, set, ports);
  nftnl_set_free(set);

  for (size_t i = 0; i < CHAINS; ++i) {
    struct nftnl_chain *wanted = chain(i);
    message = add_message(&batch, NFT_MSG_NEWCHAIN, NLM_F_CREATE);
    nftnl_chain_nlmsg_build_payload(message, wanted);
    end_message(&batch, message);
    nftnl_chain_free(wanted);
  }
  for (size_t i = 0; i < RULES; ++i) {
    struct nftnl_rule *wanted = rule(i);
    message = add_message(&batch, NFT_MSG_NEWRULE, NLM_F_CREATE | NLM_F_APPEND);
    nftnl_rule_nlmsg_build_payload(message, wanted);
    end_message(&batch, message);
    nftnl_rule_free(wanted);
  }
  commit(&batch);
}

void delete_table(struct connection *connection, uint32_t generation) {
  struct batch batch = begin(connection, generation);
  struct nlmsghdr *message = add_message(&batch, NFT_MSG_DELTABLE, 0);
  mnl_attr_put_strz(message, NFTA_TABLE_NAME, TABLE);
  end_message(&batch, message);
  commit(&batch);
}
