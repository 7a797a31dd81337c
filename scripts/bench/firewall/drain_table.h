// The drain table in C on libnftnl and libmnl, as a programmer of this one table would write it: what apply()
// of the product is measured against. The same table, one batch under the generation guard, all of it read
// back.
#pragma once

#include <libmnl/libmnl.h>
#include <libnftnl/chain.h>
#include <libnftnl/expr.h>
#include <libnftnl/rule.h>
#include <libnftnl/set.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TABLE "cs-instance-watcher"
#define MARK "cs-instance-watcher 1 refuses new TCP connections while this instance drains"
#define BASE_CHAIN "prerouting"
#define REFUSING_CHAIN "new-connection"
#define PORT_SET "ports"
enum { RULES = 3, CHAINS = 2, OWNED_FLAGS = 0x2 | 0x4 };

struct ports {
  uint16_t *values;  // sorted, no two of them adjacent
  size_t count;
};

// The socket, and room for what is sent and received.
struct connection {
  struct mnl_socket *socket;
  uint32_t sequence;
  char *buffer;
  size_t buffer_bytes;
};

// Ends the program with what failed and the errno.
void fail(const char *what) __attribute__((noreturn));

// Sends a request and hands every object of the answer to `on_object`. False when there is none (ENOENT).
bool ask(struct connection *connection, uint16_t type, uint16_t flags, void (*put)(struct nlmsghdr *),
         mnl_cb_t on_object, void *data);
uint32_t read_generation(struct connection *connection);

// The caller frees it.
struct nftnl_set *port_set(void);
struct nftnl_chain *chain(size_t index);
struct nftnl_rule *rule(size_t index);

// One transaction, committed only in this generation of the ruleset.
void write_table(struct connection *connection, uint32_t generation, uint32_t flags, struct ports ports);
void delete_table(struct connection *connection, uint32_t generation);
// Ends the program if the kernel holds anything but this table, or another generation came in between.
void read_table(struct connection *connection, uint32_t flags, struct ports ports);
