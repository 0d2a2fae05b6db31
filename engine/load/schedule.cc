#include "load/schedule.h"

#include <algorithm>
#include <limits>

#include "base/check.h"
#include "base/wide.h"

namespace ringstorm {

ConstantRate::ConstantRate(Instant start, Rate rate) : start_(start), rate_(rate) {
  RS_CHECK(rate.events > 0);
  RS_CHECK(rate.per > Duration::zero());
}

Instant ConstantRate::due_at(std::uint64_t k) const {
  const Wide offset = Wide{k} * static_cast<std::uint64_t>(rate_.per.count()) / rate_.events;
  // The room up to kNever, in unsigned arithmetic: the start itself may lie before the clock's zero.
  const std::uint64_t room = static_cast<std::uint64_t>(kNever.time_since_epoch().count()) -
                             static_cast<std::uint64_t>(start_.time_since_epoch().count());
  if (offset >= room) return kNever;
  const std::uint64_t due =
      static_cast<std::uint64_t>(start_.time_since_epoch().count()) + static_cast<std::uint64_t>(offset);
  return Instant{Duration{static_cast<std::int64_t>(due)}};
}

std::uint64_t ConstantRate::due_count(Duration elapsed) const {
  if (elapsed < Duration::zero()) return 0;
  // floor(k * per / events) <= elapsed  <=>  k * per < (elapsed + 1) * events  <=>  k < ceil((elapsed + 1) *
  // events / per)
  const Wide per = static_cast<std::uint64_t>(rate_.per.count());
  const Wide bound = (Wide{static_cast<std::uint64_t>(elapsed.count())} + 1) * rate_.events;
  const Wide count = (bound + per - 1) / per;
  return static_cast<std::uint64_t>(std::min<Wide>(count, std::numeric_limits<std::uint64_t>::max()));
}

}  // namespace ringstorm
