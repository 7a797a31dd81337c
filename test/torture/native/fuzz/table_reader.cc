// Everything that reads the drain table, one kind of object a run.
#include "nftables/table_reader.hh"

#include "nftables/table_contents.hh"
#include "target.hh"

namespace {

void read(nftables::TableReader& reader, uint8_t choice) {
  const auto sets = nftables::set_definitions({true, true, true, true});
  switch (choice % 7) {
    case 0:
      if (choice / 7 % 2 == 0) {
        reader.generation();
      } else {
        reader.chains();
      }
      break;
    case 1:
      reader.header();
      break;
    case 2:
      reader.sets();
      break;
    case 3:
      reader.rules();
      break;
    case 4:
      reader.chain(nftables::kBaseChain);
      break;
    case 5: {
      const auto& set = sets[choice / 7 % sets.size()];
      const auto held = reader.intervals(set);
      if (!held) break;
      if (set.key_bytes == nftables::kPortBytes) {
        nftables::to_ports(*held);
      } else {
        nftables::to_prefixes(*held, set.key_bytes);
      }
      break;
    }
    default: {
      const auto header = reader.header();
      if (header) nftables::read_contents(reader, *header);
    }
  }
}

}  // namespace

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  return fuzz::run(data, size, [](uint8_t choice) {
    auto socket = nftables::open_socket();
    nftables::TableReader reader(socket);
    read(reader, choice);
    reader.was_interrupted();
  });
}
