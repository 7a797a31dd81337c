// Preloaded into a program: its wall clock is ahead of the host's by what a file says, for as long as it
// runs. The monotonic clock stays the host's: it stands still while a machine sleeps, so that a sleep looks
// to the program like a wall clock that has leapt.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>

#include "wall_clock_calls.h"

#define NS_PER_S 1000000000LL

typedef int (*clock_gettime_fn)(clockid_t, struct timespec *);

static const volatile int64_t *shift_ns;
static clock_gettime_fn host_clock;

/* Never without: a fault that is not there would be a promise that is not tried. */
__attribute__((constructor)) static void map_shift(void) {
  const char *path = getenv("CLOCK_SHIFT_FILE");
  int fd = path == NULL ? -1 : open(path, O_RDONLY | O_CLOEXEC);
  void *mapped = fd < 0 ? MAP_FAILED : mmap(NULL, sizeof *shift_ns, PROT_READ, MAP_SHARED, fd, 0);
  if (mapped == MAP_FAILED) {
    perror("clock_shift: CLOCK_SHIFT_FILE");
    abort();
  }
  shift_ns = mapped;
}

static int is_wall_clock(clockid_t id) { return id == CLOCK_REALTIME || id == CLOCK_REALTIME_COARSE; }

int clock_gettime(clockid_t id, struct timespec *now) {
  if (host_clock == NULL) host_clock = (clock_gettime_fn)dlsym(RTLD_NEXT, "clock_gettime");
  int status = host_clock(id, now);
  if (status != 0 || shift_ns == NULL || !is_wall_clock(id)) return status;
  int64_t ns = now->tv_sec * NS_PER_S + now->tv_nsec + *shift_ns;
  now->tv_sec = ns / NS_PER_S;
  now->tv_nsec = ns % NS_PER_S;
  return 0;
}
