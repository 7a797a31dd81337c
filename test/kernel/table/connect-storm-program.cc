// Connects to the targets, round and round in two threads, until its input ends, and prints how often it was connected, refused and
// met anything else. In C++ for the number: what is looked for lasts less than a microsecond.
//   connect-storm-program ADDRESS PORT [ADDRESS PORT]...
#include <netdb.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdio>
#include <thread>
#include <vector>

namespace {

struct Target {
  sockaddr_storage address;
  socklen_t length;
};

struct Counts {
  std::atomic<long> connected{0}, refused{0}, other{0};
};

void attempt(const Target& target, Counts& counts) {
  const int descriptor = socket(target.address.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const timeval patience{2, 0};
  setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  // A reset leaves no TIME_WAIT behind, so that the ports do not run out.
  const linger reset{1, 0};
  setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
  if (connect(descriptor, reinterpret_cast<const sockaddr*>(&target.address), target.length) == 0) {
    ++counts.connected;
  } else {
    ++(errno == ECONNREFUSED ? counts.refused : counts.other);
  }
  close(descriptor);
}

}  // namespace

int main(int argc, char** argv) {
  std::vector<Target> targets;
  for (int i = 1; i + 1 < argc; i += 2) {
    addrinfo hints{};
    hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV;
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* found = nullptr;
    if (getaddrinfo(argv[i], argv[i + 1], &hints, &found) != 0) return 2;
    Target target{{}, found->ai_addrlen};
    __builtin_memcpy(&target.address, found->ai_addr, found->ai_addrlen);
    targets.push_back(target);
    freeaddrinfo(found);
  }
  if (targets.empty()) return 2;

  Counts counts;
  std::atomic<bool> has_ended{false};
  const auto storm = [&] {
    do {
      for (const Target& target : targets) attempt(target, counts);
    } while (!has_ended);
  };
  std::thread first(storm), second(storm);
  char byte;
  while (read(STDIN_FILENO, &byte, 1) > 0) {
  }
  has_ended = true;
  first.join();
  second.join();
  std::printf("{\"connected\": %ld, \"refused\": %ld, \"other\": %ld}\n", counts.connected.load(),
              counts.refused.load(), counts.other.load());
}
