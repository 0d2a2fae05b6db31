#include "load/slice_order.h"

#include "base/prng.h"

namespace ringstorm {

std::vector<bool> mirrored_order(std::size_t pairs, std::uint64_t seed) {
  Prng prng(seed);
  std::vector<bool> order;
  bool first = false;
  for (std::size_t pair = 0; pair < pairs; ++pair) {
    first = pair % 2 == 0 ? prng.below(2) == 0 : !first;
    order.push_back(first);
    order.push_back(!first);
  }
  return order;
}

}  // namespace ringstorm
