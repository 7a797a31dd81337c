// Preloaded, has a program live faster: its clocks run FAST_CLOCK_SPEED times as fast from its start on, and its waits are as
// much shorter. Nothing else of it is changed.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <time.h>

#include "wall_clock_calls.h"

#define NS 1000000000LL

static int (*real_clock_gettime)(clockid_t, struct timespec *);
static int (*real_epoll_pwait)(int, struct epoll_event *, int, int, const sigset_t *);
static int (*real_timedwait)(pthread_cond_t *, pthread_mutex_t *, const struct timespec *);
static long long speed = 1;
static long long base[2];

static long long to_ns(const struct timespec *t) { return t->tv_sec * NS + t->tv_nsec; }

static struct timespec to_timespec(long long ns) {
    return (struct timespec){.tv_sec = ns / NS, .tv_nsec = ns % NS};
}

// 0 for the wall clock, 1 for the monotonic one, -1 for what stays as it is, such as processor time.
static int kind_of(clockid_t id) {
    if (id == CLOCK_REALTIME || id == CLOCK_REALTIME_COARSE) return 0;
    if (id == CLOCK_MONOTONIC || id == CLOCK_MONOTONIC_COARSE || id == CLOCK_BOOTTIME) return 1;
    return -1;
}

__attribute__((constructor)) static void begin(void) {
    real_clock_gettime = dlsym(RTLD_NEXT, "clock_gettime");
    real_epoll_pwait = dlsym(RTLD_NEXT, "epoll_pwait");
    real_timedwait = dlsym(RTLD_NEXT, "pthread_cond_timedwait");
    const char *text = getenv("FAST_CLOCK_SPEED");
    if (text != NULL) speed = atoll(text);
    struct timespec now;
    real_clock_gettime(CLOCK_REALTIME, &now);
    base[0] = to_ns(&now);
    real_clock_gettime(CLOCK_MONOTONIC, &now);
    base[1] = to_ns(&now);
}

int clock_gettime(clockid_t id, struct timespec *out) {
    // Libraries that are loaded before this one may ask.
    if (real_clock_gettime == NULL) begin();
    int status = real_clock_gettime(id, out);
    int kind = kind_of(id);
    if (status == 0 && kind >= 0) *out = to_timespec(base[kind] + (to_ns(out) - base[kind]) * speed);
    return status;
}

// Rounded up: a wait that ends too early would be begun again and again.
static int shortened(int timeout_ms) {
    return timeout_ms <= 0 ? timeout_ms : (int)((timeout_ms + speed - 1) / speed);
}

int epoll_pwait(int fd, struct epoll_event *events, int most, int timeout_ms, const sigset_t *mask) {
    return real_epoll_pwait(fd, events, most, shortened(timeout_ms), mask);
}

int epoll_wait(int fd, struct epoll_event *events, int most, int timeout_ms) {
    return real_epoll_pwait(fd, events, most, shortened(timeout_ms), NULL);
}

// Absolute, on either clock: whichever it is nearer to.
int pthread_cond_timedwait(pthread_cond_t *restrict cond, pthread_mutex_t *restrict mutex,
                           const struct timespec *restrict until) {
    long long at = to_ns(until);
    int kind = at > base[0] / 2 ? 0 : 1;
    struct timespec real = to_timespec(base[kind] + (at - base[kind]) / speed);
    return real_timedwait(cond, mutex, &real);
}
