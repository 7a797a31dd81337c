// A network namespace with nothing in it but loopback, for as long as something is tried in it.
#pragma once

#include <functional>
#include <optional>
#include <string>

namespace trial {

// Runs `work` in such a namespace, on a thread of its own, which ends with the namespace before this returns;
// the calling thread stays where it is. Returns why `work` could not be run, in words, or nothing when it
// was. Throws what `work` throws.
std::optional<std::string> run_in_private_namespace(const std::function<void()>& work);

}  // namespace trial
