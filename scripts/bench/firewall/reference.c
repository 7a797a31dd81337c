// What the product's apply() is measured against: the same steps in C. Does what it is told on standard
// input, a line at a time, and answers each line with one of its own: the nanoseconds of each time, by the
// monotonic clock.
//   apply TIMES PORT...   installs the table and reads it back, TIMES times; takes it away between them,
//   uncounted; leaves the last look TIMES PORT...    reads it back remove                takes it away
#include <errno.h>
#include <linux/netlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "drain_table.h"

enum { BUFFER_BYTES = 1 << 20 };

void fail(const char *what) {
  fprintf(stderr, "reference: %s: %s\n", what, strerror(errno));
  exit(1);
}

static uint64_t now_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (uint64_t)now.tv_sec * 1000000000U + (uint64_t)now.tv_nsec;
}

static struct connection open_connection(void) {
  struct connection connection = {mnl_socket_open2(NETLINK_NETFILTER, SOCK_CLOEXEC), 0, malloc(BUFFER_BYTES),
                                  BUFFER_BYTES};
  if (connection.socket == NULL || connection.buffer == NULL) fail("open a netlink socket");
  if (mnl_socket_bind(connection.socket, 0, MNL_SOCKET_AUTOPID) < 0) fail("bind a netlink socket");
  const int room = BUFFER_BYTES;
  const int descriptor = mnl_socket_get_fd(connection.socket);
  if (setsockopt(descriptor, SOL_SOCKET, SO_SNDBUFFORCE, &room, sizeof room) < 0) fail("set the send buffer");
  if (setsockopt(descriptor, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof room) < 0)
    fail("set the receive buffer");
  return connection;
}

static void apply(struct connection *connection, uint32_t flags, struct ports ports) {
  write_table(connection, read_generation(connection), flags, ports);
  read_table(connection, flags, ports);
}

int main(int argument_count, char **arguments) {
  if (argument_count != 2) return 2;
  const uint32_t flags = strcmp(arguments[1], "owned") == 0 ? OWNED_FLAGS : 0;
  struct connection connection = open_connection();
  static uint16_t values[4096];
  static char line[65536];
  bool is_installed = false;
  while (fgets(line, sizeof line, stdin) != NULL) {
    const char *command = strtok(line, " \n");
    const char *word = strtok(NULL, " \n");
    const unsigned long times = word == NULL ? 0 : strtoul(word, NULL, 10);
    struct ports ports = {values, 0};
    while ((word = strtok(NULL, " \n")) != NULL) values[ports.count++] = (uint16_t)strtoul(word, NULL, 10);

    for (unsigned long i = 0; i < times; ++i) {
      const bool applies = strcmp(command, "apply") == 0;
      if (applies && is_installed) delete_table(&connection, read_generation(&connection));
      const uint64_t begun = now_ns();
      if (applies)
        apply(&connection, flags, ports);
      else
        read_table(&connection, flags, ports);
      printf("%lu ", (unsigned long)(now_ns() - begun));
      is_installed = true;
    }
    if (strcmp(command, "remove") == 0) {
      delete_table(&connection, read_generation(&connection));
      is_installed = false;
    }
    putchar('\n');
    fflush(stdout);
  }
  return 0;
}
