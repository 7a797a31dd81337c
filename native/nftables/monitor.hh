// Listens for transactions of others that touch our table, on a socket and a thread of its own.
#pragma once

#include <cstdint>
#include <exception>
#include <functional>
#include <optional>
#include <string>
#include <thread>

#include "netlink/socket.hh"
#include "process/descriptor.hh"

namespace nftables {

// Mirrors RulesetEvent in src/firewall/ruleset.ts.
struct RulesetEvent {
  // The kernel dropped notifications: look again.
  bool is_overflow = false;
  std::optional<uint32_t> pid;
  std::string command;
};

class Monitor {
 public:
  using OnEvent = std::function<void(RulesetEvent)>;
  using OnError = std::function<void(std::exception_ptr)>;

  // Listens from now on; transactions of the socket `own_port_id` are not reported. Both callbacks are called
  // on the listening thread; after `on_error` nothing more comes. Throws netlink::Error.
  Monitor(uint32_t own_port_id, OnEvent on_event, OnError on_error);
  // As stop().
  ~Monitor();
  Monitor(const Monitor&) = delete;
  Monitor& operator=(const Monitor&) = delete;

  // Ends and joins the listening thread. Idempotent; not from a callback.
  void stop();

 private:
  // All below run on the listening thread.
  void run();
  void listen();
  void drain();
  void on_message(const nlmsghdr& message);

  const uint32_t own_port_id_;
  const OnEvent on_event_;
  const OnError on_error_;
  netlink::Socket socket_;
  process::Descriptor stop_event_;
  // Whether the transaction whose notifications are coming in touched our table.
  bool is_touched_ = false;
  // Whether the kernel dropped notifications since its queue was last empty.
  bool has_lost_ = false;
  std::thread thread_;
};

}  // namespace nftables
