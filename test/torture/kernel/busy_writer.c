// Another program that changes the ruleset: commits a transaction after the other, each adding or deleting a
// table of its own, until it is ended. Its argument is the pause after each, in microseconds, 0 for none.
// Writes "ready" after the first.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static const char kTable[] = "another-writer";

struct Batch {
  char bytes[256];
  size_t length;
};

static struct nlmsghdr *put(struct Batch *batch, uint16_t type, uint16_t flags, uint8_t family,
                            uint16_t resource) {
  struct nlmsghdr *message = (struct nlmsghdr *)(batch->bytes + batch->length);
  message->nlmsg_len = NLMSG_LENGTH(sizeof(struct nfgenmsg));
  message->nlmsg_type = type;
  message->nlmsg_flags = NLM_F_REQUEST | flags;
  struct nfgenmsg *header = NLMSG_DATA(message);
  header->nfgen_family = family;
  header->version = NFNETLINK_V0;
  header->res_id = htons(resource);
  batch->length += message->nlmsg_len;
  return message;
}

static void put_name(struct Batch *batch, struct nlmsghdr *message) {
  struct nlattr *attribute = (struct nlattr *)(batch->bytes + batch->length);
  attribute->nla_type = NFTA_TABLE_NAME;
  attribute->nla_len = NLA_HDRLEN + sizeof kTable;
  memcpy((char *)attribute + NLA_HDRLEN, kTable, sizeof kTable);
  batch->length += NLA_ALIGN(attribute->nla_len);
  message->nlmsg_len += NLA_ALIGN(attribute->nla_len);
}

static int commit(int socket, uint16_t operation) {
  struct Batch batch;
  memset(&batch, 0, sizeof batch);
  put(&batch, NFNL_MSG_BATCH_BEGIN, 0, AF_UNSPEC, NFNL_SUBSYS_NFTABLES);
  const uint16_t flags = NLM_F_ACK | (operation == NFT_MSG_NEWTABLE ? NLM_F_CREATE : 0);
  put_name(&batch, put(&batch, NFNL_SUBSYS_NFTABLES << 8 | operation, flags, NFPROTO_INET, 0));
  put(&batch, NFNL_MSG_BATCH_END, 0, AF_UNSPEC, NFNL_SUBSYS_NFTABLES);
  char answer[4096];
  if (send(socket, batch.bytes, batch.length, 0) < 0 || recv(socket, answer, sizeof answer, 0) < 0) return -1;
  const struct nlmsghdr *message = (const struct nlmsghdr *)answer;
  return message->nlmsg_type == NLMSG_ERROR ? ((const struct nlmsgerr *)NLMSG_DATA(message))->error : -1;
}

static void pause_for(long microseconds) {
  const struct timespec pause = {microseconds / 1000000, microseconds % 1000000 * 1000};
  if (microseconds > 0) nanosleep(&pause, NULL);
}

int main(int count, char **arguments) {
  if (count != 2) return 2;
  const long microseconds = atol(arguments[1]);
  const int netlink = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_NETFILTER);
  if (netlink < 0) return 1;
  for (uint64_t rounds = 0;; rounds++) {
    if (commit(netlink, NFT_MSG_NEWTABLE) != 0) return 1;
    pause_for(microseconds);
    if (commit(netlink, NFT_MSG_DELTABLE) != 0) return 1;
    pause_for(microseconds);
    if (rounds == 0 && write(STDOUT_FILENO, "ready\n", 6) != 6) return 1;
    // Whoever started it has ended.
    if (getppid() == 1) return 0;
  }
}
