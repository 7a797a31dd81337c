// What a client sees of a drained port, to a fraction of a millisecond.
//
// port_watch serve PORT: answers every byte with the same; "ready" once it listens.
// port_watch watch HOST PORT: holds a connection; "ready" once it does. For a line "refused" or "connected"
// it tries to connect until that is what comes of it: "armed" after the first try, and when the last one
// began, ns of CLOCK_MONOTONIC. Before them "lost" when the connection that it holds was broken.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { MAX_CONNECTIONS = 64, PAUSE_NS = 200 * 1000, ANSWER_S = 20 };

static struct sockaddr_in address_of(const char *host, const char *port) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(port))};
  inet_pton(AF_INET, host, &address.sin_addr);
  return address;
}

// Echoes; false when the connection has ended.
static bool answer(int connection) {
  char bytes[64];
  const ssize_t length = recv(connection, bytes, sizeof bytes, 0);
  return length > 0 && send(connection, bytes, (size_t)length, MSG_NOSIGNAL) == length;
}

static int serve(const char *port) {
  struct pollfd polled[MAX_CONNECTIONS];
  const struct sockaddr_in address = address_of("0.0.0.0", port);
  const int listener = socket(AF_INET, SOCK_STREAM, 0);
  const int yes = 1;
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  if (bind(listener, (const struct sockaddr *)&address, sizeof address) != 0 || listen(listener, 64) != 0)
    return 1;
  if (puts("ready") < 0 || fflush(stdout) != 0) return 1;
  polled[0] = (struct pollfd){.fd = listener, .events = POLLIN};
  for (nfds_t count = 1;;) {
    // Without room for another one it waits in the kernel.
    polled[0].events = count < MAX_CONNECTIONS ? POLLIN : 0;
    if (poll(polled, count, 1000) < 0) return 1;
    // Whoever started it has ended.
    if (getppid() == 1) return 0;
    for (nfds_t at = count - 1; at > 0; at--) {
      if (polled[at].revents == 0 || answer(polled[at].fd)) continue;
      close(polled[at].fd);
      polled[at] = polled[--count];
    }
    if (polled[0].revents == 0) continue;
    const int connection = accept(listener, NULL, NULL);
    if (connection >= 0) polled[count++] = (struct pollfd){.fd = connection, .events = POLLIN};
  }
}

static int64_t now_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

// Whether a connection was refused. A reset leaves no TIME_WAIT behind, so that it does not run out of ports.
static bool is_refused(const struct sockaddr_in *address) {
  const int attempt = socket(AF_INET, SOCK_STREAM, 0);
  const struct linger reset = {.l_onoff = 1, .l_linger = 0};
  setsockopt(attempt, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
  const bool refused =
      connect(attempt, (const struct sockaddr *)address, sizeof *address) != 0 && errno == ECONNREFUSED;
  close(attempt);
  return refused;
}

static bool still_talks(int held) {
  char byte = 'x';
  return send(held, &byte, 1, MSG_NOSIGNAL) == 1 && recv(held, &byte, 1, 0) == 1;
}

static int watch(const char *host, const char *port) {
  const struct sockaddr_in address = address_of(host, port);
  const int held = socket(AF_INET, SOCK_STREAM, 0);
  const struct timeval patience = {.tv_sec = ANSWER_S};
  setsockopt(held, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  if (connect(held, (const struct sockaddr *)&address, sizeof address) != 0) return 1;
  setvbuf(stdout, NULL, _IOLBF, 0);
  puts("ready");
  char line[32];
  while (fgets(line, sizeof line, stdin) != NULL) {
    const bool wanted = strcmp(line, "refused\n") == 0;
    if (!still_talks(held)) puts("lost");
    for (bool is_first = true;; is_first = false) {
      const int64_t began_ns = now_ns();
      const bool is_wanted = is_refused(&address) == wanted;
      if (is_first) puts("armed");
      if (is_wanted) {
        printf("%lld\n", (long long)began_ns);
        break;
      }
      if (getppid() == 1) return 0;
      const struct timespec pause = {.tv_nsec = PAUSE_NS};
      nanosleep(&pause, NULL);
    }
  }
  return 0;
}

int main(int count, char **arguments) {
  if (count == 3 && strcmp(arguments[1], "serve") == 0) return serve(arguments[2]);
  if (count == 4 && strcmp(arguments[1], "watch") == 0) return watch(arguments[2], arguments[3]);
  return 2;
}
