// What a start or a rare task has drawn into memory, given back: half of what a runtime of 120 MB has
// resident is code and constants that nothing will touch again.
#pragma once

namespace process {

// Unmaps the pages of this process that are a file's and unchanged, which the kernel maps again from the page
// cache when they are touched, and returns what the heap has free. Safe beside threads that run the very
// code; a few milliseconds. Throws std::system_error when the mappings cannot be read.
void release_resident_memory();

}  // namespace process
