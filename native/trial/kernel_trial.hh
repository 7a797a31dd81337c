// What the running kernel can do of what a drain needs, by doing it in a network namespace of its own.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace trial {

// Mirrors KernelTrialStep in src/firewall/kernel-trial.ts.
struct Step {
  std::string name;
  bool is_required;
  // What went wrong, empty for nothing.
  std::string problem;
};

// Mirrors KernelTrial.
struct KernelTrial {
  // Why nothing could be tried; then the rest is empty.
  std::optional<std::string> not_run_reason;
  std::string kernel_release;
  std::vector<Step> steps;
};

// Blocks the calling thread until all was tried. Throws netlink::Error when the trial itself fails.
KernelTrial try_kernel();

}  // namespace trial
