#include "trial/kernel_trial.hh"

#include <sys/utsname.h>

#include <exception>

#include "netlink/error.hh"
#include "trial/attempt.hh"
#include "trial/private_namespace.hh"

namespace trial {
namespace {

std::string problem_of(const Attempt& attempt) {
  try {
    return attempt.run();
  } catch (const netlink::Error& error) {
    return error.detail().empty() ? error.what() : std::string(error.what()) + " (" + error.detail() + ")";
  } catch (const std::exception& error) {
    return error.what();
  }
}

void try_all(const std::vector<Attempt>& attempts, std::vector<Step>& steps) {
  for (const Attempt& attempt : attempts) {
    steps.push_back({attempt.name, attempt.is_required, problem_of(attempt)});
  }
}

}  // namespace

KernelTrial try_kernel() {
  KernelTrial trial;
  trial.not_run_reason = run_in_private_namespace([&] {
    try_all(table_attempts(), trial.steps);
    try_all(connection_attempts(), trial.steps);
  });
  utsname host;
  uname(&host);
  trial.kernel_release = host.release;
  return trial;
}

}  // namespace trial
