// The local routes of rtnetlink, and looking addresses up in them.
#include "inet/local_addresses.hh"

#include "target.hh"

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  return fuzz::run(data, size, [](uint8_t choice) {
    const auto addresses = inet::LocalAddresses::read();
    inet::IpAddress address;
    address.bytes.fill(choice);
    addresses.contains(address);
    addresses.is_loopback_peer(address, choice);
    address.bytes = {0xfe, 0x80};
    addresses.is_loopback_peer(address, choice);
    const uint8_t loopback[] = {127, 0, 0, choice};
    addresses.contains(inet::IpAddress::from_v4(loopback));
  });
}
