#include "load/arrivals.h"

#include <cmath>

namespace ringstorm {
namespace {

// Apart from what else is made of the run's seed.
constexpr std::uint64_t kArrivalStream = 0xa11a7a15;

double exponential_gap(Prng& prng) {
  return -std::log1p(-prng.unit());
}

}  // namespace

ArrivalSequence::ArrivalSequence(const LoadShape& shape, Arrivals arrivals, std::uint64_t seed, Share share)
    : shape_(shape), arrivals_(arrivals), share_(share), prng_(seed ^ kArrivalStream) {
  find_due();
}

void ArrivalSequence::advance() {
  ++taken_;
  find_due();
}

void ArrivalSequence::find_due() {
  index_ = share_.number(taken_);
  if (arrivals_ == Arrivals::constant) {
    due_ = shape_.due_at({index_, 0});
    return;
  }
  for (; walked_ <= index_; ++walked_) position_.advance(exponential_gap(prng_));
  due_ = shape_.due_at(position_);
}

}  // namespace ringstorm
