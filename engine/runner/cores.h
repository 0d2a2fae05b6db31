// The processor cores this process may run on. A plan counts them from 0; the kernel's numbers may start
// elsewhere and have gaps.
#pragma once

#include <vector>

namespace ringstorm {

/// The kernel's numbers, in order. Never empty.
std::vector<int> usable_cores();

/// Keeps the calling thread on one of them. Not being allowed to costs precision, not correctness.
void pin_this_thread(int core);

}  // namespace ringstorm
