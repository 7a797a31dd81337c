// What every fuzz target has in common: how it begins, and what the code under test may do with a bad answer.
#pragma once

#include <cstddef>
#include <cstdint>
#include <stdexcept>

#include "answers.hh"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

namespace fuzz {

// Runs `work(choice)` with the rest of the input as the kernel's answers; the first byte chooses what is
// asked for. Whatever is thrown becomes an error in JavaScript, but only these are meant to be thrown: a
// std::bad_alloc, a std::length_error or a std::bad_optional_access is a length or an absence that was
// believed.
template <typename Work>
int run(const uint8_t* data, size_t size, Work work) {
  if (size == 0) return 0;
  answer_with(data + 1, size - 1);
  try {
    work(data[0]);
  } catch (const std::runtime_error&) {
  }
  return 0;
}

}  // namespace fuzz
