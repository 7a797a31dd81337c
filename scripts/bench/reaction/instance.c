// The instance of scripts/bench/reaction.ts: its API, what listens on its ports, and a client beside it that
// connects to them all the time while an answer says draining, in one process: nothing but the answer is
// between the clock and the ports.
//
// instance CLIENT_NETWORK LOCK 4|46 FIRST STEP COUNT ANSWER DRAINING_ANSWER: run in the network of the
// instance; prints the port of its API. A line "running" or "draining" is what it answers from then on.
// "answered" once it did, and for draining, once no port accepts a connection any more, "refused NS
// ACCEPTED": from before the answer was written to the begin of the first attempt after the last that was
// accepted. One process at a time does that: who does not get the lock in time goes on answering what it did.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

// The pause leaves processors to those who are to close the ports.
enum { PAUSE_NS = 50 * 1000, TURN_PAUSE_MS = 5, TURN_PATIENCE_MS = 300 };
enum { MAX_CONNECTIONS = 16, BEFORE_ANSWER = 40, SILENT_MS = 20, PATIENCE_S = 30, REQUEST_BYTES = 8192 };

static const char instance_ipv4[] = "192.0.2.1", instance_ipv6[] = "2001:db8::1";

struct ports {
  int first, step, count;
  bool with_ipv6;
};

// Attempts take the ports in turn, each by all address families.
struct watch {
  const struct ports *ports;
  int next;
  long accepted, refused_in_a_row;
  int64_t refused_since_ns;
};

static void fail(const char *what) {
  perror(what);
  exit(1);
}

static int64_t now_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

// Accepts for both families. A connection without data stays with the kernel, so that nobody has to take it.
static void listen_on(int port) {
  const int listener = socket(AF_INET6, SOCK_STREAM, 0);
  const int yes = 1, no = 0, defer_s = 60;
  const struct sockaddr_in6 address = {.sin6_family = AF_INET6, .sin6_port = htons((uint16_t)port)};
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  setsockopt(listener, IPPROTO_IPV6, IPV6_V6ONLY, &no, sizeof no);
  setsockopt(listener, IPPROTO_TCP, TCP_DEFER_ACCEPT, &defer_s, sizeof defer_s);
  if (bind(listener, (const struct sockaddr *)&address, sizeof address) != 0 || listen(listener, 64) != 0)
    fail("listen");
}

static int listen_for_polls(void) {
  const int listener = socket(AF_INET, SOCK_STREAM, 0);
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t length = sizeof address;
  if (bind(listener, (const struct sockaddr *)&address, length) != 0 || listen(listener, 16) != 0 ||
      getsockname(listener, (struct sockaddr *)&address, &length) != 0)
    fail("the API");
  printf("%d\n", ntohs(address.sin_port));
  return listener;
}

static socklen_t address_of(int port, bool is_ipv6, struct sockaddr_storage *address) {
  memset(address, 0, sizeof *address);
  if (is_ipv6) {
    struct sockaddr_in6 *const six = (struct sockaddr_in6 *)address;
    six->sin6_family = AF_INET6;
    six->sin6_port = htons((uint16_t)port);
    inet_pton(AF_INET6, instance_ipv6, &six->sin6_addr);
    return sizeof *six;
  }
  struct sockaddr_in *const four = (struct sockaddr_in *)address;
  four->sin_family = AF_INET;
  four->sin_port = htons((uint16_t)port);
  inet_pton(AF_INET, instance_ipv4, &four->sin_addr);
  return sizeof *four;
}

// Whether a connection was accepted; one that is answered by nothing was not.
static bool is_accepted(int port, bool is_ipv6) {
  struct sockaddr_storage address;
  const socklen_t length = address_of(port, is_ipv6, &address);
  const int attempt = socket(address.ss_family, SOCK_STREAM | SOCK_NONBLOCK, 0);
  if (attempt < 0) fail("an attempt");
  // A reset leaves no TIME_WAIT behind, so that it does not run out of ports.
  const struct linger reset = {.l_onoff = 1, .l_linger = 0};
  setsockopt(attempt, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
  int error = connect(attempt, (const struct sockaddr *)&address, length) == 0 ? 0 : errno;
  if (error == EINPROGRESS) {
    struct pollfd polled = {.fd = attempt, .events = POLLOUT};
    socklen_t size = sizeof error;
    if (poll(&polled, 1, SILENT_MS) == 0)
      error = ETIMEDOUT;
    else
      getsockopt(attempt, SOL_SOCKET, SO_ERROR, &error, &size);
  }
  close(attempt);
  if (error != 0 && error != ECONNREFUSED && error != ETIMEDOUT) {
    errno = error;
    fail("an attempt");
  }
  return error == 0;
}

static void pause_a_moment(void) {
  const struct timespec moment = {.tv_nsec = PAUSE_NS};
  nanosleep(&moment, NULL);
}

static int attempts_in_a_round(const struct ports *ports) {
  return ports->count * (ports->with_ipv6 ? 2 : 1);
}

static void attempt(struct watch *watch) {
  const struct ports *const ports = watch->ports;
  const int families = ports->with_ipv6 ? 2 : 1;
  const int port = ports->first + ports->step * (watch->next / families);
  const int64_t began_ns = now_ns();
  if (is_accepted(port, watch->next % families == 1)) {
    watch->accepted += 1;
    watch->refused_in_a_row = 0;
  } else if (watch->refused_in_a_row++ == 0) {
    watch->refused_since_ns = began_ns;
  }
  watch->next = (watch->next + 1) % attempts_in_a_round(ports);
}

static void answer(int connection, const char *body) {
  char text[REQUEST_BYTES];
  const int length = snprintf(
      text, sizeof text, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n\r\n%s",
      strlen(body), body);
  if (send(connection, text, (size_t)length, MSG_NOSIGNAL) != length) fail("an answer");
}

static void answer_and_watch(int connection, const char *body, const struct ports *ports) {
  struct watch watch = {.ports = ports};
  for (int i = 0; i < BEFORE_ANSWER; i++) {
    attempt(&watch);
    pause_a_moment();
  }
  if (watch.accepted != BEFORE_ANSWER) {
    fprintf(stderr, "%ld of %d connections accepted before the answer\n", watch.accepted, BEFORE_ANSWER);
    exit(1);
  }
  const int64_t answered_ns = now_ns();
  answer(connection, body);
  while (watch.refused_in_a_row < attempts_in_a_round(ports)) {
    attempt(&watch);
    if (watch.refused_in_a_row == 0) pause_a_moment();
    if (now_ns() - answered_ns > (int64_t)PATIENCE_S * 1000000000) {
      fprintf(stderr, "a port still accepts connections %d s after the answer\n", PATIENCE_S);
      exit(1);
    }
  }
  printf("answered\nrefused %lld %ld\n", (long long)(watch.refused_since_ns - answered_ns), watch.accepted);
}

// Takes a whole request, which has no body; false when the connection has ended.
static bool take_request(int connection) {
  char text[REQUEST_BYTES];
  for (size_t length = 0; length < sizeof text;) {
    const ssize_t more = recv(connection, text + length, sizeof text - length, 0);
    if (more <= 0) return false;
    length += (size_t)more;
    if (length >= 4 && memcmp(text + length - 4, "\r\n\r\n", 4) == 0) return true;
  }
  return false;
}

// Waits a while: polls come at the same moments of each second, and so do those of whoever holds the lock
// then.
static bool takes_turn(int lock) {
  const struct timespec pause = {.tv_nsec = TURN_PAUSE_MS * 1000000};
  for (int waited_ms = 0; waited_ms < TURN_PATIENCE_MS; waited_ms += TURN_PAUSE_MS) {
    if (flock(lock, LOCK_EX | LOCK_NB) == 0) return true;
    nanosleep(&pause, NULL);
  }
  return false;
}

static void serve(int listener, int lock, const struct ports *ports, const char *running,
                  const char *draining) {
  struct pollfd polled[MAX_CONNECTIONS + 2] = {{.fd = STDIN_FILENO, .events = POLLIN},
                                               {.fd = listener, .events = POLLIN}};
  bool is_draining = false, is_wanted = false, is_told = true;
  for (nfds_t count = 2;;) {
    if (poll(polled, count, -1) < 0) fail("poll");
    for (nfds_t at = count - 1; at >= 2; at--) {
      if (polled[at].revents == 0) continue;
      const int connection = polled[at].fd;
      if (!take_request(connection)) {
        close(connection);
        polled[at] = polled[--count];
      } else if (is_wanted && !is_draining && takes_turn(lock)) {
        answer_and_watch(connection, draining, ports);
        flock(lock, LOCK_UN);
        is_draining = is_told = true;
      } else {
        is_draining = is_draining && is_wanted;
        answer(connection, is_draining ? draining : running);
        if (!is_told && !is_wanted) {
          puts("answered");
          is_told = true;
        }
      }
    }
    if (polled[1].revents != 0 && count < MAX_CONNECTIONS + 2)
      polled[count++] = (struct pollfd){.fd = accept(listener, NULL, NULL), .events = POLLIN};
    if (polled[0].revents != 0) {
      char line[32];
      const ssize_t length = read(STDIN_FILENO, line, sizeof line);
      // Whoever started it has ended.
      if (length <= 0) return;
      is_wanted = line[0] == 'd';
      is_told = false;
    }
  }
}

int main(int count, char **arguments) {
  if (count != 9) return 2;
  const struct ports ports = {.first = atoi(arguments[4]),
                              .step = atoi(arguments[5]),
                              .count = atoi(arguments[6]),
                              .with_ipv6 = strcmp(arguments[3], "46") == 0};
  struct rlimit files;
  getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);
  setvbuf(stdout, NULL, _IOLBF, 0);
  prctl(PR_SET_TIMERSLACK, 1);
  for (int i = 0; i < ports.count; i++) listen_on(ports.first + ports.step * i);
  const int listener = listen_for_polls();
  const int lock = open(arguments[2], O_RDWR | O_CLOEXEC);
  const int client = open(arguments[1], O_RDONLY | O_CLOEXEC);
  // What listens stays where it was opened; the attempts are made from the client's side.
  if (lock < 0 || client < 0 || setns(client, CLONE_NEWNET) != 0) fail(arguments[1]);
  serve(listener, lock, &ports, arguments[7], arguments[8]);
  return 0;
}
