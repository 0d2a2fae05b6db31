// What a message costs before it is a frame: when it is due, and what is in it.
#include <array>
#include <string>

#include "load/arrivals.h"
#include "load/payload.h"
#include "load/schedule.h"
#include "micro/check.h"

namespace ringstorm::bench {
namespace {

// 10,000/s and a rate whose instants do not fall on nanoseconds.
void schedule_next(benchmark::State& state) {
  const Rate rate{static_cast<std::uint64_t>(state.range(0)), seconds(1)};
  const ConstantRate schedule(Instant{}, rate);
  bool right = true;
  for (std::uint64_t k = 0; k < 100'000; ++k) {
    right = right && schedule.due_at(k) - Instant{} ==
                         nanoseconds(static_cast<std::int64_t>(k * 1'000'000'000 / rate.events));
  }
  if (!checked(state, right, "an event is not due when it should be")) return;
  std::uint64_t k = 0;
  for (auto _ : state) {
    benchmark::DoNotOptimize(schedule.due_at(k++));
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(schedule_next)->ArgName("per_second")->Arg(10'000)->Arg(30'011);

// The next message of an open loop at 50,000/s. That instants are right is tests/unit/load's business; here,
// that they never go back and keep the rate.
void arrival_advance(benchmark::State& state, Arrivals arrivals) {
  const std::array<Stage, 1> stages{Stage{.from = {50'000, seconds(1)}, .length = Duration::max()}};
  const LoadShape shape(stages);
  ArrivalSequence checked_sequence(shape, arrivals, 1, Share(1, 0, 1));
  bool right = true;
  for (int i = 0; i < 500'000; ++i) {
    const Duration before = checked_sequence.due();
    checked_sequence.advance();
    right = right && checked_sequence.due() >= before;
  }
  const double took = to_seconds(checked_sequence.due());
  if (!checked(state, right && took > 9.9 && took < 10.1, "the arrivals do not keep their rate")) return;
  ArrivalSequence sequence(shape, arrivals, 1, Share(1, 0, 1));
  for (auto _ : state) {
    sequence.advance();
    benchmark::DoNotOptimize(sequence.due());
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK_CAPTURE(arrival_advance, constant, Arrivals::constant);
BENCHMARK_CAPTURE(arrival_advance, poisson, Arrivals::poisson);

void template_fill(benchmark::State& state, Filler filler) {
  const auto bytes = static_cast<std::size_t>(state.range(0));
  const std::string once = make_payload(filler, bytes, 1);
  const bool right = once.size() == bytes && once == make_payload(filler, bytes, 1) &&
                     once != make_payload(filler, bytes, 2);
  if (!checked(state, right, "the same seed does not give the same payload")) return;
  for (auto _ : state) {
    benchmark::DoNotOptimize(make_payload(filler, bytes, 1).data());
  }
  set_throughput(state, bytes);
}
BENCHMARK_CAPTURE(template_fill, text, Filler::text)->ArgName("bytes")->Arg(20)->Arg(1000)->Arg(65536);
BENCHMARK_CAPTURE(template_fill, binary, Filler::binary)->ArgName("bytes")->Arg(20)->Arg(1000)->Arg(65536);

}  // namespace
}  // namespace ringstorm::bench
