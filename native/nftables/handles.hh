// libnftnl's objects as values that free themselves.
#pragma once

#include <libnftnl/chain.h>
#include <libnftnl/expr.h>
#include <libnftnl/rule.h>
#include <libnftnl/set.h>
#include <libnftnl/table.h>

#include <memory>
#include <new>

namespace nftables {

template <typename Object, void (*Free)(const Object*)>
struct FreeWith {
  void operator()(Object* object) const { Free(object); }
};

using TableHandle = std::unique_ptr<nftnl_table, FreeWith<nftnl_table, nftnl_table_free>>;
using ChainHandle = std::unique_ptr<nftnl_chain, FreeWith<nftnl_chain, nftnl_chain_free>>;
using RuleHandle = std::unique_ptr<nftnl_rule, FreeWith<nftnl_rule, nftnl_rule_free>>;
using SetHandle = std::unique_ptr<nftnl_set, FreeWith<nftnl_set, nftnl_set_free>>;
using ExpressionHandle = std::unique_ptr<nftnl_expr, FreeWith<nftnl_expr, nftnl_expr_free>>;

// libnftnl returns null only when memory is out.
template <typename Handle, typename Object>
Handle own(Object* object) {
  if (object == nullptr) throw std::bad_alloc();
  return Handle(object);
}

}  // namespace nftables
