#include "trial/private_namespace.hh"

#include <linux/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <exception>
#include <thread>

#include "netlink/error.hh"
#include "process/descriptor.hh"
#include "process/signals_blocked.hh"

namespace trial {
namespace {

// The errno of what failed, else 0.
int bring_loopback_up() {
  const process::Descriptor socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  ifreq request = {};
  std::strcpy(request.ifr_name, "lo");
  request.ifr_flags = IFF_UP;
  return socket.is_open() && ioctl(socket.number(), SIOCSIFFLAGS, &request) == 0 ? 0 : errno;
}

// Moves the calling thread; returns why it could not.
std::optional<std::string> enter_private_namespace() {
  if (unshare(CLONE_NEWNET) != 0) {
    if (errno == EPERM) return "this process may not make a network namespace (it needs CAP_SYS_ADMIN)";
    if (errno == EINVAL) return "the kernel has no network namespaces";
    return "cannot make a network namespace: " + netlink::errno_text(errno);
  }
  const int error = bring_loopback_up();
  if (error == EPERM) return "this process may not set up a network namespace (it needs CAP_NET_ADMIN)";
  if (error != 0) return "cannot bring loopback up: " + netlink::errno_text(error);
  return std::nullopt;
}

}  // namespace

std::optional<std::string> run_in_private_namespace(const std::function<void()>& work) {
  std::optional<std::string> reason;
  std::exception_ptr failure;
  const auto run = [&] {
    try {
      reason = enter_private_namespace();
      if (!reason) work();
    } catch (...) {
      failure = std::current_exception();
    }
  };
  {
    const process::SignalsBlocked blocked;
    std::thread(run).join();
  }
  if (failure) std::rethrow_exception(failure);
  return reason;
}

}  // namespace trial
