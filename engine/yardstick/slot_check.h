// The check before the timing: a kernel must do what it says to its data, and nothing to what lies beside it.
#pragma once

#include <algorithm>
#include <cstddef>
#include <span>
#include <vector>

namespace ringstorm::yardstick {

/// True when `act` writes `expected` at `place`, which lies in `slot`, and leaves the rest of the slot as it
/// was. Puts the slot back.
template <class Act>
bool changes_only(std::span<std::byte> slot, const std::byte* place, std::span<const std::byte> expected,
                  Act act) {
  const std::vector<std::byte> before(slot.begin(), slot.end());
  std::vector<std::byte> after = before;
  std::ranges::copy(expected, after.begin() + (place - slot.data()));
  act();
  const bool right = std::ranges::equal(slot, after);
  std::ranges::copy(before, slot.begin());
  return right;
}

}  // namespace ringstorm::yardstick
