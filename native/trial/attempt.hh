// One thing that is tried of the kernel.
#pragma once

#include <functional>
#include <string>
#include <vector>

namespace trial {

struct Attempt {
  // Short, in the words of the field.
  const char* name;
  // Whether new connections cannot be refused without it.
  bool is_required;
  // Returns what went wrong, empty for nothing; what it throws went wrong too. Leaves no table behind.
  std::function<std::string()> run;
};

// What nf_tables must do, or may: the table and its parts.
std::vector<Attempt> table_attempts();
// What real connections show: that they are refused, counted and destroyed.
std::vector<Attempt> connection_attempts();

}  // namespace trial
