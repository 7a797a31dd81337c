// Reads lines of "<chain> <entries in hexadecimal>" and prints for each whether the entries have the chain.
// Every blob lies in a block of its own of exactly its size, so that the sanitizers see a read beyond it.
#include <cstdlib>
#include <iostream>
#include <memory>
#include <sstream>
#include <string>

#include "iptables/legacy_entries.hh"

int main() {
  for (std::string line; std::getline(std::cin, line);) {
    std::istringstream words(line);
    std::string chain;
    std::string digits;
    words >> chain >> digits;
    const size_t size = digits.size() / 2;
    const std::unique_ptr<char[]> blob(new char[size]);
    for (size_t i = 0; i < size; ++i) {
      blob[i] = static_cast<char>(std::stoi(digits.substr(2 * i, 2), nullptr, 16));
    }
    const auto found = iptables::entries_have_chain(blob.get(), size, chain);
    std::cout << (!found ? "malformed" : *found ? "found" : "absent") << '\n';
  }
}
