#include "process/batch_thread.hh"

#include <sched.h>

namespace process {

void become_batch_thread() {
  // Of any other policy by the operator's choice, such as the one for idle times: nothing to change.
  if (sched_getscheduler(0) != SCHED_OTHER) return;
  const sched_param no_priority{};
  sched_setscheduler(0, SCHED_BATCH, &no_priority);
}

}  // namespace process
