#include "process/resident_memory.hh"

#include <malloc.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <fstream>
#include <optional>
#include <sstream>
#include <string>
#include <system_error>
#include <vector>

namespace process {
namespace {

constexpr char kMappings[] = "/proc/self/smaps";

struct Mapping {
  std::uintptr_t begin;
  std::uintptr_t end;
  bool is_read_only_file;
  // Pages of a huge page's file are no page cache: what was written to them is gone with them.
  bool has_usual_pages;
};

// The line that begins a mapping's lines: "begin-end permissions offset device inode path". Only a file has
// an inode.
std::optional<Mapping> parse_head(const std::string& line) {
  std::istringstream fields(line);
  std::uintptr_t begin = 0;
  std::uintptr_t end = 0;
  std::string permissions;
  std::string offset;
  std::string device;
  std::uint64_t inode = 0;
  fields >> std::hex >> begin;
  if (fields.get() != '-') return std::nullopt;
  fields >> end >> permissions >> offset >> device >> std::dec >> inode;
  if (!fields || permissions.size() < 2) return std::nullopt;
  return Mapping{begin, end, inode != 0 && permissions[1] != 'w', false};
}

// Of a line such as "Anonymous:   12 kB".
std::optional<unsigned long> kilobytes(const std::string& line, const char* name) {
  std::istringstream fields(line);
  std::string found;
  unsigned long value = 0;
  fields >> found >> value;
  if (!fields || found != name) return std::nullopt;
  return value;
}

// Mappings of files of which no page was ever written: one that was relocated, or was patched by a debugger,
// is the process's own, and would be lost.
std::vector<Mapping> unchanged_file_mappings() {
  const unsigned long page_kb = static_cast<unsigned long>(sysconf(_SC_PAGESIZE)) / 1024;
  std::ifstream lines(kMappings);
  std::vector<Mapping> unchanged;
  Mapping mapping{};
  for (std::string line; std::getline(lines, line);) {
    if (const auto head = parse_head(line)) {
      mapping = *head;
    } else if (const auto size = kilobytes(line, "KernelPageSize:")) {
      mapping.has_usual_pages = *size == page_kb;
    } else if (const auto own = kilobytes(line, "Anonymous:")) {
      if (mapping.is_read_only_file && mapping.has_usual_pages && *own == 0) unchanged.push_back(mapping);
    }
  }
  if (!lines.eof()) {
    throw std::system_error(errno, std::generic_category(), std::string("cannot read ") + kMappings);
  }
  return unchanged;
}

}  // namespace

void release_resident_memory() {
  for (const Mapping& mapping : unchanged_file_mappings()) {
    // Advice: where the kernel does not take it (a locked mapping) the pages stay.
    // NOLINTNEXTLINE(performance-no-int-to-ptr): the kernel tells addresses as text.
    madvise(reinterpret_cast<void*>(mapping.begin), mapping.end - mapping.begin, MADV_DONTNEED);
  }
  malloc_trim(0);
}

}  // namespace process
