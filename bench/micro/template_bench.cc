// What a message with holes costs above a constant one: the same frame of about 100 bytes, plain, and filled
// from a template of one to three holes first.
#include <array>
#include <cstring>
#include <string>
#include <string_view>

#include "codec/frame.h"
#include "load/stamp.h"
#include "load/template.h"
#include "micro/check.h"
#include "micro/masks.h"

namespace ringstorm::bench {
namespace {

constexpr std::string_view kOneHole =
    "{\"op\":\"chat\",\"room\":\"the-general-one\",\"text\":\"hello to all of "
    "you\",\"sequence\":{{sequence}}}";
constexpr std::string_view kThreeHoles =
    "{\"op\":\"chat\",\"from\":{{connection}},\"sequence\":{{sequence}},\"id\":\"{{random.hex(16)}}\","
    "\"text\":\"hello to all of you\"}";
constexpr std::string_view kThreeLongHoles = "{\"s\":\"{{stamp}}\",\"id\":\"{{uuid}}\",\"at\":{{time.ns}}}";

constexpr StampKey kStampKey{7, {8, 9}};

TemplateContext context() {
  return {.connection = 4711,
          .sequence = 123'456,
          .session = {},
          .unix_ns = 1'700'000'000'123'456'789,
          .intended = Instant{seconds(5000)},
          .stamped = 123'456,
          .stamp_key = kStampKey,
          .values = {}};
}

/// A filled text, and the same as a constant.
struct Work {
  explicit Work(std::string_view text)
      : made(Template::parse(text, {}).value),
        scratch(made.max_bytes()),
        out(made.max_bytes() + kMaxFrameHeaderBytes) {
    filled = made.fill(scratch, now, random);
    plain.assign(scratch.begin(), scratch.begin() + static_cast<std::ptrdiff_t>(filled));
  }
  std::span<const std::byte> fill() {
    ++now.sequence;
    filled = made.fill(scratch, now, random);
    return std::span(scratch).first(filled);
  }
  std::size_t encode(std::span<const std::byte> payload) {
    return encode_client_frame(out, Opcode::text, payload, kMaskKey);
  }
  bool right() {
    const std::size_t size = encode(fill());
    std::vector<std::byte> payload(out.begin() + static_cast<std::ptrdiff_t>(size - filled),
                                   out.begin() + static_cast<std::ptrdiff_t>(size));
    mask(payload, kMaskKey);
    return std::memcmp(payload.data(), scratch.data(), filled) == 0 && filled <= made.max_bytes();
  }

  Template made;
  TemplateContext now = context();
  Prng random{1};
  std::vector<std::byte> scratch, out, plain;
  std::size_t filled = 0;
};

void fill_template(benchmark::State& state, std::string_view text) {
  Work work(text);
  if (!checked(state, work.right(), "the frame does not hold what was filled in")) return;
  for (auto _ : state) benchmark::DoNotOptimize(work.fill());
  set_throughput(state, work.plain.size());
}
void plain_frame(benchmark::State& state, std::string_view text) {
  Work work(text);
  if (!checked(state, work.right(), "the frame does not hold what was filled in")) return;
  for (auto _ : state) {
    benchmark::DoNotOptimize(work.encode(work.plain));
    benchmark::ClobberMemory();
  }
  set_throughput(state, work.plain.size());
}
void template_frame(benchmark::State& state, std::string_view text) {
  Work work(text);
  if (!checked(state, work.right(), "the frame does not hold what was filled in")) return;
  for (auto _ : state) {
    benchmark::DoNotOptimize(work.encode(work.fill()));
    benchmark::ClobberMemory();
  }
  set_throughput(state, work.plain.size());
}

BENCHMARK_CAPTURE(fill_template, one, kOneHole);
BENCHMARK_CAPTURE(fill_template, three, kThreeHoles);
BENCHMARK_CAPTURE(fill_template, three_long, kThreeLongHoles);
BENCHMARK_CAPTURE(plain_frame, one, kOneHole);
BENCHMARK_CAPTURE(template_frame, one, kOneHole);
BENCHMARK_CAPTURE(plain_frame, three, kThreeHoles);
BENCHMARK_CAPTURE(template_frame, three, kThreeHoles);
BENCHMARK_CAPTURE(plain_frame, three_long, kThreeLongHoles);
BENCHMARK_CAPTURE(template_frame, three_long, kThreeLongHoles);

// A message that is looked through for a stamp in vain, and one that ends with it.
void find_a_stamp(benchmark::State& state, bool present) {
  std::vector<std::byte> payload = noise(1024);
  if (present) write_stamp(std::span(payload).last<kStampBytes>(), {1, 2, Instant{seconds(3)}}, kStampKey);
  const bool found = find_stamp(payload, kStampKey).kind == StampReading::Kind::ours;
  if (!checked(state, found == present, "the stamp is not found")) return;
  for (auto _ : state) benchmark::DoNotOptimize(find_stamp(payload, kStampKey));
  set_throughput(state, payload.size());
}
BENCHMARK_CAPTURE(find_a_stamp, none, false);
BENCHMARK_CAPTURE(find_a_stamp, at_the_end, true);

}  // namespace
}  // namespace ringstorm::bench
