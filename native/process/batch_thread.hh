// For threads that work for another: waking one must not take the processor from whoever woke it.
#pragma once

namespace process {

// Makes the calling thread, if it is an ordinary one, of the kernel's batch policy, for good: it gets as much
// of a processor as before, but never preempts an ordinary thread when it wakes. Where a system call filter
// refuses that, it stays what it is.
void become_batch_thread();

}  // namespace process
