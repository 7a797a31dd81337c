#include "nftables/monitor.hh"

#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "netlink/attributes.hh"
#include "nftables/definition.hh"
#include "nftables/table_reader.hh"
#include "process/signals_blocked.hh"

namespace nftables {
namespace {

using netlink::Attributes;

// Every notification about a table or a part of one names the table in its first attribute.
static_assert(NFTA_TABLE_NAME == 1 && NFTA_CHAIN_TABLE == 1 && NFTA_RULE_TABLE == 1 && NFTA_SET_TABLE == 1 &&
              NFTA_SET_ELEM_LIST_TABLE == 1 && NFTA_OBJ_TABLE == 1 && NFTA_FLOWTABLE_TABLE == 1);
constexpr uint16_t kTableAttribute = 1;

// Between two looks at the stop event.
constexpr int kMaxDatagrams = 256;

constexpr uint16_t kNewGeneration = NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_NEWGEN;

}  // namespace

Monitor::Monitor(uint32_t own_port_id, OnEvent on_event, OnError on_error)
    : own_port_id_(own_port_id),
      on_event_(std::move(on_event)),
      on_error_(std::move(on_error)),
      socket_(NETLINK_NETFILTER),
      stop_event_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  if (!stop_event_.is_open()) throw netlink::system_error("cannot create an event descriptor", errno);
  // Joining the group needs no capability, but events without the right to look would be of no use.
  TableReader(socket_).generation();
  socket_.join_group(NFNLGRP_NFTABLES);
  const process::SignalsBlocked blocked;
  thread_ = std::thread(&Monitor::run, this);
}

Monitor::~Monitor() { stop(); }

void Monitor::stop() {
  if (!thread_.joinable()) return;
  const uint64_t one = 1;
  [[maybe_unused]] const auto written = write(stop_event_.number(), &one, sizeof one);
  thread_.join();
}

void Monitor::run() {
  try {
    listen();
  } catch (...) {
    on_error_(std::current_exception());
  }
}

void Monitor::listen() {
  pollfd watched[] = {{stop_event_.number(), POLLIN, 0}, {socket_.descriptor(), POLLIN, 0}};
  for (;;) {
    if (poll(watched, 2, -1) < 0 && errno != EINTR)
      throw netlink::system_error("cannot wait for events", errno);
    if (watched[0].revents != 0) return;
    if (watched[1].revents != 0) drain();
  }
}

// Bounded, so that other writers without pause cannot keep the thread from being stopped.
void Monitor::drain() {
  for (int datagrams = 0; datagrams < kMaxDatagrams; ++datagrams) {
    switch (socket_.receive([this](const nlmsghdr& message) { on_message(message); }, MSG_DONTWAIT)) {
      case netlink::Socket::Received::kMessages:
        break;
      case netlink::Socket::Received::kNothing:
        // The kernel says once that it drops, and goes on until its queue is empty: only now is every loss
        // behind us.
        if (std::exchange(has_lost_, false)) on_event_({true, std::nullopt, {}});
        return;
      case netlink::Socket::Received::kOverflow:
        has_lost_ = true;
        is_touched_ = false;
        on_event_({true, std::nullopt, {}});
        break;
    }
  }
}

// The kernel sends the changes of a transaction and then its generation. The port id is the committing
// socket's.
void Monitor::on_message(const nlmsghdr& message) {
  if (NFNL_SUBSYS_ID(message.nlmsg_type) != NFNL_SUBSYS_NFTABLES || message.nlmsg_pid == own_port_id_) return;
  if (mnl_nlmsg_get_payload_len(&message) < sizeof(nfgenmsg)) return;
  const Attributes attributes = Attributes::of(message, sizeof(nfgenmsg));
  if (message.nlmsg_type != kNewGeneration) {
    const auto* header = static_cast<const nfgenmsg*>(mnl_nlmsg_get_payload(&message));
    if (header->nfgen_family == NFPROTO_INET &&
        netlink::read_string(attributes.find(kTableAttribute)) == kTableName) {
      is_touched_ = true;
    }
    return;
  }
  if (!std::exchange(is_touched_, false)) return;
  on_event_({false, netlink::read_be32(attributes.find(NFTA_GEN_PROC_PID)),
             std::string(netlink::read_string(attributes.find(NFTA_GEN_PROC_NAME)))});
}

}  // namespace nftables
