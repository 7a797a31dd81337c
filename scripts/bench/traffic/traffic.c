// The load of traffic.ts, as little of it as saturates two processors. One thread a process, each in blocking
// calls.
//   traffic serve bulk|connections PORT WORKERS           until its input ends
//   traffic load bulk|connections ADDRESS PORT WORKERS    for every line of its input, a number of
//   milliseconds, prints the bytes
//                                                         or connections a second of as long
#define _GNU_SOURCE  // sched_setaffinity
#include <arpa/inet.h>
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { CHUNK_BYTES = 1 << 18, BACKLOG = 1024 };
static char chunk[CHUNK_BYTES];

static void fail(const char *what) {
  fprintf(stderr, "traffic: %s: %s\n", what, strerror(errno));
  exit(1);
}

static double now_seconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static struct sockaddr_in address_of(const char *address, const char *port) {
  struct sockaddr_in place = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(port))};
  if (inet_pton(AF_INET, address, &place.sin_addr) != 1) fail(address);
  return place;
}

static int tcp_socket(void) {
  const int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (descriptor < 0) fail("socket");
  return descriptor;
}

// Takes what comes and throws it away in the kernel (MSG_TRUNC), or ends each connection at once.
static void serve(int listener, bool is_bulk) {
  for (;;) {
    const int peer = accept(listener, NULL, NULL);
    if (peer < 0) continue;  // reset before it was accepted
    while (is_bulk && recv(peer, chunk, sizeof chunk, MSG_TRUNC) > 0) {
    }
    close(peer);
  }
}

static uint64_t send_bulk(struct sockaddr_in server, double seconds) {
  const int descriptor = tcp_socket();
  if (connect(descriptor, (struct sockaddr *)&server, sizeof server) < 0) fail("connect");
  uint64_t sent = 0;
  for (const double end = now_seconds() + seconds; now_seconds() < end;) {
    const ssize_t count = send(descriptor, chunk, sizeof chunk, 0);
    if (count < 0) fail("send");
    sent += (uint64_t)count;
  }
  close(descriptor);
  return sent;
}

// Each is opened, accepted and closed by the server, and then reset by us: neither end keeps it in TIME_WAIT,
// so that no port is used up.
static uint64_t open_connections(struct sockaddr_in server, double seconds) {
  const struct linger reset = {.l_onoff = 1, .l_linger = 0};
  uint64_t opened = 0;
  for (const double end = now_seconds() + seconds; now_seconds() < end; ++opened) {
    const int descriptor = tcp_socket();
    if (connect(descriptor, (struct sockaddr *)&server, sizeof server) < 0) fail("connect");
    if (recv(descriptor, chunk, 1, 0) != 0) fail("the server's end");
    setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
    close(descriptor);
  }
  return opened;
}

// The last or the first processor that this process may use.
static void stay_on_one_processor(bool last) {
  cpu_set_t all, one;
  if (sched_getaffinity(0, sizeof all, &all) < 0) fail("sched_getaffinity");
  int chosen = -1;
  for (int i = 0; i < CPU_SETSIZE; ++i) {
    if (CPU_ISSET(i, &all) && (last || chosen < 0)) chosen = i;
  }
  CPU_ZERO(&one);
  CPU_SET(chosen, &one);
  if (sched_setaffinity(0, sizeof one, &one) < 0) fail("sched_setaffinity");
}

static void become_worker(bool serves) {
  stay_on_one_processor(serves);
  if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0) fail("prctl");
}

static int serve_all(bool is_bulk, const char *port, int workers) {
  const int on = 1;
  const struct sockaddr_in here = address_of("0.0.0.0", port);
  const int listener = tcp_socket();
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (bind(listener, (const struct sockaddr *)&here, sizeof here) < 0) fail("bind");
  if (listen(listener, BACKLOG) < 0) fail("listen");
  for (int i = 0; i < workers; ++i) {
    const pid_t worker = fork();
    if (worker < 0) fail("fork");
    if (worker == 0) {
      become_worker(true);
      serve(listener, is_bulk);
    }
  }
  puts("listening");
  fflush(stdout);
  return read(STDIN_FILENO, chunk, 1) < 0;
}

static double load_once(bool is_bulk, struct sockaddr_in server, int workers, uint64_t *done,
                        double seconds) {
  const double begun = now_seconds();
  for (int i = 0; i < workers; ++i) {
    const pid_t worker = fork();
    if (worker < 0) fail("fork");
    if (worker == 0) {
      become_worker(false);
      done[i] = is_bulk ? send_bulk(server, seconds) : open_connections(server, seconds);
      _exit(0);
    }
  }
  uint64_t sum = 0;
  for (int i = 0; i < workers; ++i) {
    int status;
    if (wait(&status) < 0) fail("wait");
    if (status != 0) exit(1);
  }
  for (int i = 0; i < workers; ++i) sum += done[i];
  return (double)sum / (now_seconds() - begun);
}

static int load_all(bool is_bulk, struct sockaddr_in server, int workers) {
  const size_t bytes = (size_t)workers * sizeof(uint64_t);
  uint64_t *done = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (done == MAP_FAILED) fail("mmap");
  char line[32];
  while (fgets(line, sizeof line, stdin) != NULL) {
    printf("%.1f\n", load_once(is_bulk, server, workers, done, atof(line) / 1000));
    fflush(stdout);
  }
  return 0;
}

int main(int count, char **arguments) {
  if (count == 5 && strcmp(arguments[1], "serve") == 0)
    return serve_all(strcmp(arguments[2], "bulk") == 0, arguments[3], atoi(arguments[4]));
  if (count == 6 && strcmp(arguments[1], "load") == 0)
    return load_all(strcmp(arguments[2], "bulk") == 0, address_of(arguments[3], arguments[4]),
                    atoi(arguments[5]));
  fputs("usage: see the top of traffic.c\n", stderr);
  return 2;
}
