// Which addresses are this host's own: what tells a connection over loopback from a client's, and a published
// port from transit traffic.
#pragma once

#include <cstdint>
#include <vector>

#include "inet/ip_address.hh"

namespace inet {

// The local routes of a network namespace: what `fib daddr type local`, and so the drain table, calls this
// host. Interface addresses would not be enough: table local also has 127.0.0.0/8 and every prefix that is
// routed to this host without being assigned to it.
class LocalAddresses {
 public:
  // A destination of table local, and the interface (by index) it belongs to.
  struct Prefix {
    IpAddress address;
    uint8_t bits;
    uint32_t interface;
  };

  explicit LocalAddresses(const std::vector<Prefix>& prefixes);

  // Reads those of the calling thread's network namespace. Needs no privilege. Throws netlink::Error.
  static LocalAddresses read();

  // Whether packets to this address are delivered on this host.
  bool contains(const IpAddress& address) const;

  // Whether a connection from `peer`, seen on `interface` (0: not known), came over loopback: packets between
  // two addresses of one host never leave it. A link-local peer is this host only on the interface that has
  // the address: fe80::1 can be a bridge of ours and, on another interface, somebody's router.
  bool is_loopback_peer(const IpAddress& peer, uint32_t interface) const;

 private:
  // Single addresses, sorted: a Kubernetes node in IPVS mode has thousands.
  std::vector<Prefix> hosts_;
  std::vector<Prefix> networks_;
};

}  // namespace inet
