// A place in the code for each contestant to be called from. A call through a pointer from a place that has
// had several targets is predicted in a slower way, for milliseconds after: 2.2 ns instead of 1.4 for an
// empty function on a Zen 4, which is more than many kernels take.
#pragma once

#include <cstddef>
#include <type_traits>
#include <utility>

#include "base/check.h"

namespace ringstorm::yardstick {

inline constexpr std::size_t kCallSites = 8;

/// Keeps the compiler from finding that two sites can share their code. For inside the loop.
template <std::size_t Site>
[[gnu::always_inline]] inline void keep_apart() {
  asm volatile("" ::"i"(Site));
}

/// `run(std::integral_constant<std::size_t, site>)`: a copy of `run`'s code for each site below kCallSites.
template <class Run>
void at_site(std::size_t site, Run run) {
  RS_CHECK(site < kCallSites);
  const auto choose = [&]<std::size_t... Site>(std::index_sequence<Site...>) {
    ((site == Site ? run(std::integral_constant<std::size_t, Site>{}) : void()), ...);
  };
  choose(std::make_index_sequence<kCallSites>{});
}

}  // namespace ringstorm::yardstick
