// The frame header's encoder, and whole frames as a connection writes them (header, key, masked payload)
// beside a memcpy of the finished frame.
#include <array>
#include <cstring>

#include "codec/frame.h"
#include "codec/secure_random.h"
#include "micro/masks.h"
#include "yardstick/slot_check.h"

namespace ringstorm::bench {
namespace {

void encode_header(benchmark::State& state) {
  const auto payload_bytes = static_cast<std::uint64_t>(state.range(0));
  std::array<std::byte, kMaxFrameHeaderBytes> out{};
  FrameHeader header{.opcode = Opcode::binary, .mask = kMaskKey, .payload_bytes = payload_bytes};
  const std::size_t length_bytes = payload_bytes > 0xFFFF ? 8 : payload_bytes > 125 ? 2 : 0;
  const bool right =
      encode_frame_header(out, header) == 2 + length_bytes + 4 && out[0] == std::byte{0x82} &&
      (out[1] & std::byte{0x80}) == std::byte{0x80} &&
      (length_bytes == 0 || out[1 + length_bytes] == static_cast<std::byte>(payload_bytes & 0xFF));
  if (!checked(state, right, "encode_frame_header() differs from RFC 6455 section 5.2")) return;
  for (auto _ : state) {
    benchmark::DoNotOptimize(header);
    benchmark::DoNotOptimize(encode_frame_header(out, header));
    benchmark::ClobberMemory();
  }
  set_throughput(state, frame_header_bytes(payload_bytes, true));
}
BENCHMARK(encode_header)->ArgName("payload")->Arg(20)->Arg(1024)->Arg(1 << 20);

/// A masked binary frame, laid out by hand.
std::vector<std::byte> frame_by_definition(std::span<const std::byte> payload) {
  const std::size_t size = payload.size();
  const std::size_t length_bytes = size > 0xFFFF ? 8 : size > 125 ? 2 : 0;
  const std::size_t second = 0x80 | (length_bytes == 8 ? 127 : length_bytes == 2 ? 126 : size);
  std::vector<std::byte> frame{std::byte{0x82}, static_cast<std::byte>(second)};
  for (std::size_t i = length_bytes; i-- > 0;) frame.push_back(static_cast<std::byte>(size >> (8 * i)));
  const auto key = std::as_bytes(std::span(&kMaskKey.wire, 1));
  frame.insert(frame.end(), key.begin(), key.end());
  const std::size_t header_bytes = frame.size();
  frame.resize(header_bytes + size);
  detail::mask_scalar(frame.data() + header_bytes, payload.data(), size, kMaskKey, 0);
  return frame;
}

std::size_t encode(const Workload::Call& call, MaskKey key) {
  return encode_client_frame({call.destination, call.bytes + kMaxFrameHeaderBytes}, Opcode::binary,
                             {call.source, call.bytes}, key);
}

bool encodes_right(const Workload& work) {
  for (std::size_t i = 0; i < std::min<std::size_t>(work.size(), 1024); ++i) {
    const Workload::Call call = work[i];
    const auto expected = frame_by_definition({call.source, call.bytes});
    if (!yardstick::changes_only(work.destination_slot(i), call.destination, expected,
                                 [&] { encode(call, kMaskKey); }))
      return false;
  }
  return true;
}

void encode_with_fixed_key(benchmark::State& state, const Workload::Options& options) {
  const Workload work(options);
  if (!checked(state, encodes_right(work), "the frame is not what RFC 6455 section 5 says")) return;
  time_calls(state, work, 3,
             [](const Workload::Call& call) { benchmark::DoNotOptimize(encode(call, kMaskKey)); });
}

void encode_with_fresh_key(benchmark::State& state, const Workload::Options& options) {
  const Workload work(options);
  if (!checked(state, encodes_right(work), "the frame is not what RFC 6455 section 5 says")) return;
  SecureRandom random;
  time_calls(state, work, 4, [&random](const Workload::Call& call) {
    benchmark::DoNotOptimize(encode(call, random.next_mask_key()));
  });
}

// Of the finished frame: what sending a prepared message costs.
void copy_finished_frame(benchmark::State& state, const Workload::Options& options) {
  const Workload work(options);
  const Workload::Call call = work[0];
  std::memcpy(call.destination, call.source, call.bytes);
  if (!checked(state, std::memcmp(call.destination, call.source, call.bytes) == 0, "memcpy does not copy"))
    return;
  auto copy = yardstick::copy_by_memcpy;
  benchmark::DoNotOptimize(copy);
  time_calls(state, work, 1, [copy](const Workload::Call& c) {
    copy(c.destination, c.source, c.bytes + frame_header_bytes(c.bytes, true), 0);
  });
}

void empty_call(benchmark::State& state, const Workload::Options& options) {
  const Workload work(options);
  auto noop = yardstick::noop_encode;
  benchmark::DoNotOptimize(noop);
  time_calls(state, work, 0, [noop](const Workload::Call& call) {
    noop(call.destination, call.source, call.bytes, 0x82, kMaskKey.wire);
  });
}

using Timed = void (*)(benchmark::State&, const Workload::Options&);
constexpr std::pair<const char*, Timed> kContestants[] = {{"noop", empty_call},
                                                          {"memcpy", copy_finished_frame},
                                                          {"fixed_key", encode_with_fixed_key},
                                                          {"fresh_key", encode_with_fresh_key}};

void add_frames(const std::string& name, const Workload::Options& options) {
  for (const auto& [contestant, timed] : kContestants) {
    add(name + "/" + contestant + "/" + bytes_parameter(options.lengths),
        [options, timed = timed](benchmark::State& state) { timed(state, options); });
  }
}

const bool registered = [] {
  for (const std::uint32_t bytes : {1U, 20U, 58U, 64U, 125U, 126U, 1000U, 16384U}) {
    add_frames("encode_frame", {.lengths = Lengths::of(bytes)});
  }
  for (const Lengths& range : yardstick::random_ranges()) {
    add_frames("encode_frame_random", {.lengths = range, .placement = Placement::any()});
  }
  return true;
}();

}  // namespace
}  // namespace ringstorm::bench
