// Preloaded into a program under test: spoils its n-th netlink call, as a file that the test maps too says;
// to end the program, the calls by which it replaces a file count as well. The program is the shipped one;
// what fails is the C library's call, so nothing in the program knows of it.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define EXPORT __attribute__((visibility("default")))

// netlink-faults.ts writes and reads these by their places.
enum Action {
  kCount = 0,
  // The call fails with `error`; nothing was sent, nothing was taken from the queue.
  kFail = 1,
  // The kernel's next acknowledgement, whatever it was, says `error`.
  kRewrite = 2,
  // The request never reaches the kernel, and is answered as the kernel answers one that it refuses with
  // `error`.
  kRefuse = 3,
  // The batch names another generation: the kernel itself refuses it with ERESTART.
  kOutdate = 4,
  // SIGKILL in place of the call.
  kKill = 5,
};

// In place of a message's type where the call is one of a file.
enum FileCall { kCreate = 0, kWrite = 1, kFlush = 2, kRename = 3 };

struct Control {
  uint32_t action;
  uint32_t at;
  uint32_t error;
  uint32_t counts_files;
  _Atomic uint32_t calls;
  _Atomic uint32_t hits;
  // What was hit: NETLINK_* or -1 for a file, 0 send or 1 receive, nlmsg_type or FileCall.
  uint32_t protocol;
  uint32_t is_receive;
  uint32_t message_type;
  uint32_t reserved;
  // CLOCK_MONOTONIC.
  uint64_t hit_ns;
};

static struct Control *control;

// A refused request's answer, until its socket is read.
static struct {
  _Atomic int descriptor;
  struct {
    struct nlmsghdr header;
    struct nlmsgerr body;
  } message;
} answer = {.descriptor = -1};

static ssize_t (*real_sendto)(int, const void *, size_t, int, const struct sockaddr *, socklen_t);
static ssize_t (*real_recvfrom)(int, void *, size_t, int, struct sockaddr *, socklen_t *);
static ssize_t (*real_sendmsg)(int, const struct msghdr *, int);
static ssize_t (*real_recvmsg)(int, struct msghdr *, int);
static int (*real_open)(const char *, int, ...);
static ssize_t (*real_write)(int, const void *, size_t);
static ssize_t (*real_pwrite)(int, const void *, size_t, off_t);
static int (*real_rename)(const char *, const char *);
static int (*real_fsync)(int);

__attribute__((constructor)) static void load(void) {
  real_sendto = dlsym(RTLD_NEXT, "sendto");
  real_recvfrom = dlsym(RTLD_NEXT, "recvfrom");
  real_sendmsg = dlsym(RTLD_NEXT, "sendmsg");
  real_recvmsg = dlsym(RTLD_NEXT, "recvmsg");
  real_open = dlsym(RTLD_NEXT, "open");
  real_write = dlsym(RTLD_NEXT, "write");
  real_pwrite = dlsym(RTLD_NEXT, "pwrite");
  real_rename = dlsym(RTLD_NEXT, "rename");
  real_fsync = dlsym(RTLD_NEXT, "fsync");
  const char *path = getenv("NETLINK_FAULTS");
  if (path == NULL) return;
  const int file = real_open(path, O_RDWR | O_CLOEXEC);
  if (file < 0) abort();
  void *mapped = mmap(NULL, sizeof *control, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  close(file);
  if (mapped == MAP_FAILED) abort();
  control = mapped;
}

// The socket's NETLINK_* protocol, or -1 when it is no netlink socket.
static int protocol_of(int descriptor) {
  const int before = errno;
  int domain = 0;
  int protocol = -1;
  socklen_t length = sizeof domain;
  if (getsockopt(descriptor, SOL_SOCKET, SO_DOMAIN, &domain, &length) == 0 && domain == AF_NETLINK) {
    length = sizeof protocol;
    getsockopt(descriptor, SOL_SOCKET, SO_PROTOCOL, &protocol, &length);
  }
  errno = before;
  return protocol;
}

// Counts one call; true when it is the one to spoil.
static int is_hit(int protocol, int is_receive, uint32_t type) {
  if (atomic_fetch_add(&control->calls, 1) + 1 != control->at) return 0;
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  control->protocol = (uint32_t)protocol;
  control->is_receive = (uint32_t)is_receive;
  control->message_type = type;
  control->hit_ns = (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
  atomic_fetch_add(&control->hits, 1);
  if (control->action == kKill) raise(SIGKILL);
  return 1;
}

// Where a transaction that begins here names its generation: the first attribute after the header and struct
// nfgenmsg.
#define GENERATION_OFFSET (sizeof(struct nlmsghdr) + 4 + sizeof(struct nlattr))

static int names_generation(const struct nlmsghdr *message) {
  return message->nlmsg_type == NFNL_MSG_BATCH_BEGIN && message->nlmsg_len >= GENERATION_OFFSET + 4;
}

// Whether a call that sends this is one that the fault at hand is counted by.
static int is_counted(const struct nlmsghdr *message) {
  if (control == NULL || control->action == kRewrite) return 0;
  return control->action != kOutdate || names_generation(message);
}

static void keep_refusal(int descriptor, const struct nlmsghdr *request) {
  memset(&answer.message, 0, sizeof answer.message);
  answer.message.header.nlmsg_len = sizeof answer.message;
  answer.message.header.nlmsg_type = NLMSG_ERROR;
  answer.message.header.nlmsg_flags = NLM_F_CAPPED;
  answer.message.header.nlmsg_seq = request->nlmsg_seq;
  answer.message.body.error = -(int)control->error;
  answer.message.body.msg = *request;
  atomic_store(&answer.descriptor, descriptor);
}

// Every acknowledgement in what was received says the error; returns how many.
static int rewrite(char *bytes, ssize_t length) {
  int rewritten = 0;
  int left = (int)length;
  for (struct nlmsghdr *message = (struct nlmsghdr *)bytes;
       left >= (int)sizeof *message && NLMSG_OK(message, left); message = NLMSG_NEXT(message, left)) {
    if (message->nlmsg_type != NLMSG_ERROR) continue;
    ((struct nlmsgerr *)NLMSG_DATA(message))->error = -(int)control->error;
    rewritten++;
  }
  return rewritten;
}

EXPORT ssize_t sendto(int descriptor, const void *bytes, size_t length, int flags, const struct sockaddr *to,
                      socklen_t to_length) {
  const struct nlmsghdr *message = bytes;
  const int protocol = control == NULL ? -1 : protocol_of(descriptor);
  if (protocol < 0 || !is_counted(message) || !is_hit(protocol, 0, message->nlmsg_type))
    return real_sendto(descriptor, bytes, length, flags, to, to_length);
  switch (control->action) {
    case kFail:
      errno = (int)control->error;
      return -1;
    case kRefuse:
      keep_refusal(descriptor, message);
      return (ssize_t)length;
    case kOutdate: {
      char *copy = malloc(length);
      if (copy == NULL) abort();
      memcpy(copy, bytes, length);
      copy[GENERATION_OFFSET + 3] ^= 1;
      const ssize_t sent = real_sendto(descriptor, copy, length, flags, to, to_length);
      free(copy);
      return sent;
    }
    default:
      return real_sendto(descriptor, bytes, length, flags, to, to_length);
  }
}

EXPORT ssize_t send(int descriptor, const void *bytes, size_t length, int flags) {
  return sendto(descriptor, bytes, length, flags, NULL, 0);
}

EXPORT ssize_t sendmsg(int descriptor, const struct msghdr *message, int flags) {
  const int protocol = control == NULL ? -1 : protocol_of(descriptor);
  // Nothing of ours sends like this: only failing and killing are for it.
  const int counts = protocol >= 0 && control->action != kRewrite && control->action != kOutdate;
  if (!counts) return real_sendmsg(descriptor, message, flags);
  const struct nlmsghdr *first = message->msg_iov[0].iov_base;
  if (!is_hit(protocol, 0, first->nlmsg_type) || control->action != kFail)
    return real_sendmsg(descriptor, message, flags);
  errno = (int)control->error;
  return -1;
}

static ssize_t spoiled(ssize_t received, int protocol, char *bytes) {
  if (received <= 0 || control->action != kRewrite) return received;
  const struct nlmsghdr *message = (const struct nlmsghdr *)bytes;
  // Only what has an acknowledgement is counted: another receive has nothing to rewrite.
  if (message->nlmsg_type == NLMSG_ERROR && is_hit(protocol, 1, message->nlmsg_type))
    rewrite(bytes, received);
  return received;
}

EXPORT ssize_t recvfrom(int descriptor, void *bytes, size_t length, int flags, struct sockaddr *from,
                        socklen_t *from_length) {
  const int protocol = control == NULL ? -1 : protocol_of(descriptor);
  if (protocol < 0) return real_recvfrom(descriptor, bytes, length, flags, from, from_length);
  int expected = descriptor;
  if (length >= sizeof answer.message && atomic_compare_exchange_strong(&answer.descriptor, &expected, -1)) {
    memcpy(bytes, &answer.message, sizeof answer.message);
    if (from != NULL && *from_length >= sizeof(struct sockaddr_nl)) {
      memset(from, 0, sizeof(struct sockaddr_nl));
      from->sa_family = AF_NETLINK;
      *from_length = sizeof(struct sockaddr_nl);
    }
    return sizeof answer.message;
  }
  // Refusing and outdating spoil what is sent.
  const int counts = control->action == kCount || control->action == kFail || control->action == kKill;
  if (counts && is_hit(protocol, 1, 0) && control->action == kFail) {
    errno = (int)control->error;
    return -1;
  }
  return spoiled(real_recvfrom(descriptor, bytes, length, flags, from, from_length), protocol, bytes);
}

EXPORT ssize_t recv(int descriptor, void *bytes, size_t length, int flags) {
  return recvfrom(descriptor, bytes, length, flags, NULL, NULL);
}

EXPORT ssize_t recvmsg(int descriptor, struct msghdr *message, int flags) {
  const int protocol = control == NULL ? -1 : protocol_of(descriptor);
  if (protocol < 0) return real_recvmsg(descriptor, message, flags);
  const int counts = control->action == kCount || control->action == kFail || control->action == kKill;
  if (counts && is_hit(protocol, 1, 0) && control->action == kFail) {
    errno = (int)control->error;
    return -1;
  }
  const ssize_t received = real_recvmsg(descriptor, message, flags);
  return message->msg_iovlen == 0 ? received : spoiled(received, protocol, message->msg_iov[0].iov_base);
}

// What replaces a file and makes it last lies between netlink calls: a process can be killed there too.
static void count_file_call(enum FileCall call) {
  if (control != NULL && control->counts_files != 0) is_hit(-1, 0, call);
}

// Not the log, nor what wakes another thread: pipes, sockets and event descriptors.
static void count_write(int descriptor) {
  if (control == NULL || control->counts_files == 0) return;
  const int before = errno;
  struct stat file;
  if (fstat(descriptor, &file) == 0 && S_ISREG(file.st_mode)) count_file_call(kWrite);
  errno = before;
}

EXPORT int open(const char *path, int flags, ...) {
  const int creates = (flags & O_CREAT) != 0 || (flags & O_TMPFILE) == O_TMPFILE;
  if (!creates) return real_open(path, flags);
  va_list more;
  va_start(more, flags);
  const mode_t mode = va_arg(more, mode_t);
  va_end(more);
  count_file_call(kCreate);
  return real_open(path, flags, mode);
}

// The same function: a file's offset has 64 bits.
EXPORT int open64(const char *path, int flags, ...) __attribute__((alias("open")));

EXPORT ssize_t write(int descriptor, const void *bytes, size_t length) {
  count_write(descriptor);
  return real_write(descriptor, bytes, length);
}

EXPORT ssize_t pwrite(int descriptor, const void *bytes, size_t length, off_t at) {
  count_write(descriptor);
  return real_pwrite(descriptor, bytes, length, at);
}

EXPORT ssize_t pwrite64(int descriptor, const void *bytes, size_t length, off_t at)
    __attribute__((alias("pwrite")));

EXPORT int rename(const char *from, const char *to) {
  count_file_call(kRename);
  return real_rename(from, to);
}

EXPORT int fsync(int descriptor) {
  count_file_call(kFlush);
  return real_fsync(descriptor);
}
