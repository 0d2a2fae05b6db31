#include "runner/stall_hook.h"

#include <cstdlib>
#include <string_view>
#include <thread>

#include "base/units.h"

namespace ringstorm {

StallHook::StallHook() {
  const char* text = std::getenv("RINGSTORM_TEST_STALL");
  if (text == nullptr) return;
  const std::string_view words(text);
  const std::size_t slash = words.find('/');
  if (slash == std::string_view::npos) return;
  const auto length = parse_duration(words.substr(0, slash));
  const auto every = parse_duration(words.substr(slash + 1));
  if (!length || !every || *every <= *length) return;
  length_ = *length;
  every_ = *every;
  next_ = MonotonicClock::now() + every_;
}

void StallHook::stall_when_due() {
  if (MonotonicClock::now() < next_) return;
  std::this_thread::sleep_for(length_);
  next_ += every_;
}

}  // namespace ringstorm
