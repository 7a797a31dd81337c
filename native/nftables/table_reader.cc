#include "nftables/table_reader.hh"

#include <libnftnl/common.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "netlink/attributes.hh"

namespace nftables {
namespace {

using netlink::Attributes;
using netlink::read_be32;
using netlink::read_be64;
using netlink::read_string;

// The flags of a request for one object: its message is all of the answer.
constexpr uint16_t kOne = 0;

Attributes attributes_of(const nlmsghdr& message) { return Attributes::of(message, sizeof(nfgenmsg)); }

std::string comment_in(const nlattr* user_data) {
  if (user_data == nullptr) return {};
  return comment_of_user_data(mnl_attr_get_payload(user_data), mnl_attr_get_payload_len(user_data));
}

// The packets of an element's expression, which must be a counter.
std::optional<uint64_t> packets_of(const nlattr& expression) {
  const Attributes parts = Attributes::nested_in(expression);
  if (read_string(parts.find(NFTA_EXPR_NAME)) != "counter") return std::nullopt;
  const nlattr* data = parts.find(NFTA_EXPR_DATA);
  if (data == nullptr) return std::nullopt;
  return read_be64(Attributes::nested_in(*data).find(NFTA_COUNTER_PACKETS));
}

std::optional<Element> parse_element(const nlattr& attribute, size_t width) {
  const Attributes element = Attributes::nested_in(attribute);
  const nlattr* key = element.find(NFTA_SET_ELEM_KEY);
  if (key == nullptr) return std::nullopt;  // the catch-all element
  const nlattr* value = Attributes::nested_in(*key).find(NFTA_DATA_VALUE);
  if (value == nullptr || mnl_attr_get_payload_len(value) != width) return std::nullopt;
  const uint32_t flags = read_be32(element.find(NFTA_SET_ELEM_FLAGS)).value_or(0);
  if (flags & ~static_cast<uint32_t>(NFT_SET_ELEM_INTERVAL_END)) return std::nullopt;
  Element parsed{{}, flags != 0, std::nullopt};
  // A counter refuses nothing and lets nothing pass; any other expression (a limit, a quota) may, and so may
  // one of several.
  if (element.find(NFTA_SET_ELEM_EXPRESSIONS) != nullptr) return std::nullopt;
  if (const nlattr* expression = element.find(NFTA_SET_ELEM_EXPR)) {
    parsed.packets = packets_of(*expression);
    if (!parsed.packets) return std::nullopt;
  }
  std::memcpy(parsed.key.data(), mnl_attr_get_payload(value), width);
  return parsed;
}

}  // namespace

netlink::Socket open_socket() {
  try {
    return netlink::Socket(NETLINK_NETFILTER);
  } catch (const netlink::Error& error) {
    const int number = error.error_number();
    if (number != EPROTONOSUPPORT && number != EAFNOSUPPORT) throw;
    throw netlink::Error(netlink::ErrorCode::kNoNftables, "the kernel has no netfilter netlink", number);
  }
}

netlink::Socket::Answer TableReader::get(uint16_t type, uint16_t flags, const Fill& fill,
                                         const netlink::Socket::OnMessage& on_message) {
  alignas(nlmsghdr) char buffer[512] = {};
  auto* request = nftnl_nlmsg_build_hdr(buffer, type, NFPROTO_INET, flags, socket_.next_sequence());
  fill(request);
  auto answer = socket_.request(*request, on_message);
  // A lost answer about one object is asked for again; a listing that lost some is torn, which its reader
  // sees.
  for (int attempt = 1; answer.verdict.error == ENOBUFS && flags != NLM_F_DUMP && attempt < 5; ++attempt) {
    request->nlmsg_seq = socket_.next_sequence();
    answer = socket_.request(*request, on_message);
  }
  if (answer.interrupted) interrupted_ = true;
  return answer;
}

// A listing of something that went away meanwhile counts as interrupted.
void TableReader::list(uint16_t type, const char* what, const Fill& fill,
                       const netlink::Socket::OnMessage& on_message) {
  const auto answer = get(type, NLM_F_DUMP, fill, on_message);
  const int error = answer.verdict.error;
  if (error == ENOENT || error == EINTR || error == EAGAIN || error == ENOBUFS || error == EBUSY) {
    interrupted_ = true;
  } else if (error != 0) {
    throw netlink::system_error(std::string("cannot list the ") + what, error, answer.verdict.detail);
  }
}

bool TableReader::was_interrupted() { return std::exchange(interrupted_, false); }

uint32_t TableReader::generation() {
  std::optional<uint32_t> generation;
  const auto answer = get(
      NFT_MSG_GETGEN, kOne, [](nlmsghdr*) {},
      [&](const nlmsghdr& reply) { generation = read_be32(attributes_of(reply).find(NFTA_GEN_ID)); });
  const int error = answer.verdict.error;
  if (error == EINVAL || error == EOPNOTSUPP || error == ENOENT || error == EPROTONOSUPPORT) {
    throw netlink::Error(netlink::ErrorCode::kNoNftables, "the kernel has no nf_tables", error,
                         answer.verdict.detail);
  }
  if (error == EPERM) {
    throw netlink::system_error("CAP_NET_ADMIN is needed to see the ruleset", error, answer.verdict.detail);
  }
  if (error != 0)
    throw netlink::system_error("cannot read the ruleset's generation", error, answer.verdict.detail);
  if (!generation) throw netlink::system_error("cannot read the ruleset's generation", EBADMSG);
  return *generation;
}

std::optional<TableHeader> TableReader::header() {
  TableHeader header;
  const auto answer = get(
      NFT_MSG_GETTABLE, kOne, [](nlmsghdr* m) { mnl_attr_put_strz(m, NFTA_TABLE_NAME, kTableName); },
      [&](const nlmsghdr& reply) {
        const Attributes table = attributes_of(reply);
        header.flags = read_be32(table.find(NFTA_TABLE_FLAGS)).value_or(0);
        header.owner = read_be32(table.find(NFTA_TABLE_OWNER)).value_or(0);
        header.handle = read_be64(table.find(NFTA_TABLE_HANDLE)).value_or(0);
        header.uses = read_be32(table.find(NFTA_TABLE_USE)).value_or(0);
        header.comment = comment_in(table.find(NFTA_TABLE_USERDATA));
      });
  if (answer.verdict.error == ENOENT) return std::nullopt;
  if (answer.verdict.error != 0) {
    throw netlink::system_error("cannot read the table", answer.verdict.error, answer.verdict.detail);
  }
  header.is_commented = !header.comment.empty();
  if (!header.is_commented) {
    for (const FoundRule& rule : rules()) {
      if (is_mark(rule.comment)) header.comment = rule.comment;
    }
  }
  return header;
}

std::vector<FoundSet> TableReader::sets() {
  std::vector<FoundSet> found;
  list(
      NFT_MSG_GETSET, "sets", [](nlmsghdr* m) { mnl_attr_put_strz(m, NFTA_SET_TABLE, kTableName); },
      [&](const nlmsghdr& reply) {
        const Attributes set = attributes_of(reply);
        if (read_string(set.find(NFTA_SET_TABLE)) != kTableName) return;
        found.push_back({std::string(read_string(set.find(NFTA_SET_NAME))),
                         read_be32(set.find(NFTA_SET_FLAGS)).value_or(0),
                         read_be32(set.find(NFTA_SET_KEY_TYPE)).value_or(0),
                         read_be32(set.find(NFTA_SET_KEY_LEN)).value_or(0)});
      });
  return found;
}

std::vector<FoundChain> TableReader::chains() {
  std::vector<FoundChain> found;
  list(
      NFT_MSG_GETCHAIN, "chains", [](nlmsghdr* m) { mnl_attr_put_strz(m, NFTA_CHAIN_TABLE, kTableName); },
      [&](const nlmsghdr& reply) {
        const Attributes chain = attributes_of(reply);
        if (read_string(chain.find(NFTA_CHAIN_TABLE)) != kTableName) return;
        found.push_back({std::string(read_string(chain.find(NFTA_CHAIN_NAME))),
                         read_be32(chain.find(NFTA_CHAIN_FLAGS)).value_or(0)});
      });
  return found;
}

std::vector<FoundRule> TableReader::rules() {
  std::vector<FoundRule> found;
  list(
      NFT_MSG_GETRULE, "rules", [](nlmsghdr* m) { mnl_attr_put_strz(m, NFTA_RULE_TABLE, kTableName); },
      [&](const nlmsghdr& reply) {
        const Attributes rule = attributes_of(reply);
        if (read_string(rule.find(NFTA_RULE_TABLE)) != kTableName) return;
        FoundRule copy{std::string(read_string(rule.find(NFTA_RULE_CHAIN))),
                       {},
                       comment_in(rule.find(NFTA_RULE_USERDATA))};
        if (const nlattr* expressions = rule.find(NFTA_RULE_EXPRESSIONS)) {
          const auto* bytes = reinterpret_cast<const char*>(expressions);
          copy.expressions.assign(bytes, bytes + mnl_attr_get_len(expressions));
        }
        found.push_back(std::move(copy));
      });
  return found;
}

std::optional<std::vector<char>> TableReader::chain(const char* name) {
  std::vector<char> attributes;
  const auto answer = get(
      NFT_MSG_GETCHAIN, kOne,
      [&](nlmsghdr* m) {
        mnl_attr_put_strz(m, NFTA_CHAIN_TABLE, kTableName);
        mnl_attr_put_strz(m, NFTA_CHAIN_NAME, name);
      },
      [&](const nlmsghdr& reply) {
        const size_t length = mnl_nlmsg_get_payload_len(&reply);
        if (length < sizeof(nfgenmsg)) return;
        const auto* bytes = static_cast<const char*>(mnl_nlmsg_get_payload_offset(&reply, sizeof(nfgenmsg)));
        // Not to libmnl's tail, which is aligned and may lie behind the message.
        attributes.assign(bytes, bytes + (length - sizeof(nfgenmsg)));
      });
  if (answer.verdict.error == ENOENT) return std::nullopt;
  if (answer.verdict.error != 0) {
    throw netlink::system_error(std::string("cannot read chain ") + name, answer.verdict.error,
                                answer.verdict.detail);
  }
  return attributes;
}

std::optional<std::vector<Interval>> TableReader::intervals(const SetDefinition& set) {
  std::vector<Element> elements;
  bool well_formed = true;
  list(
      NFT_MSG_GETSETELEM, "elements of a set",
      [&](nlmsghdr* m) {
        mnl_attr_put_strz(m, NFTA_SET_ELEM_LIST_TABLE, kTableName);
        mnl_attr_put_strz(m, NFTA_SET_ELEM_LIST_SET, set.name.c_str());
      },
      [&](const nlmsghdr& reply) {
        const nlattr* listed = attributes_of(reply).find(NFTA_SET_ELEM_LIST_ELEMENTS);
        if (listed == nullptr) return;
        for (const nlattr& attribute : Attributes::nested_in(*listed)) {
          if (const auto element = parse_element(attribute, set.key_bytes)) {
            elements.push_back(*element);
          } else {
            well_formed = false;
          }
        }
      });
  if (!well_formed) return std::nullopt;
  return to_intervals(std::move(elements), set.key_bytes);
}

}  // namespace nftables
