// The receiving side: one frame in one piece, and a receive buffer full of small ones.
#include <string>

#include "codec/decoder.h"
#include "micro/check.h"

namespace ringstorm::bench {
namespace {

// An unmasked frame as a server sends it, laid out by hand.
std::vector<std::byte> server_frame(std::span<const std::byte> payload, std::uint8_t first_byte) {
  std::vector<std::byte> frame{std::byte{first_byte}};
  const std::size_t size = payload.size();
  const std::size_t length_bytes = size > 0xFFFF ? 8 : size > 125 ? 2 : 0;
  frame.push_back(static_cast<std::byte>(length_bytes == 8 ? 127 : length_bytes == 2 ? 126 : size));
  for (std::size_t i = length_bytes; i-- > 0;) frame.push_back(static_cast<std::byte>(size >> (8 * i)));
  frame.insert(frame.end(), payload.begin(), payload.end());
  return frame;
}

struct Decoded {
  std::size_t messages = 0;
  std::size_t bytes = 0;
  bool violation = false;
};

Decoded decode_all(Decoder& decoder, std::span<std::byte> input, const DecoderRules& rules) {
  Decoded decoded;
  for (;;) {
    const DecoderEvent event = decoder.next(input, rules);
    if (event.kind == DecoderEvent::Kind::need_more) return decoded;
    decoded.messages += event.message_end ? 1 : 0;
    decoded.bytes += event.bytes.size();
    decoded.violation = event.kind == DecoderEvent::Kind::violation;
    if (decoded.violation) return decoded;
  }
}

void decode(benchmark::State& state, std::span<std::byte> input, std::size_t messages,
            std::size_t payload_bytes) {
  const DecoderRules rules;
  Decoder decoder;
  const Decoded once = decode_all(decoder, input, rules);
  const bool right = !once.violation && once.messages == messages && once.bytes == messages * payload_bytes;
  if (!checked(state, right, "the decoder did not find the messages that are there")) return;
  for (auto _ : state) {
    benchmark::DoNotOptimize(decode_all(decoder, input, rules).messages);
  }
  set_throughput(state, input.size(), messages);
}

void decode_one_binary_frame(benchmark::State& state) {
  const auto payload_bytes = static_cast<std::size_t>(state.range(0));
  std::vector<std::byte> frame = server_frame(noise(payload_bytes), 0x82);
  decode(state, frame, 1, payload_bytes);
}
BENCHMARK(decode_one_binary_frame)->ArgName("payload")->Arg(20)->Arg(125)->Arg(1024)->Arg(16 << 10);

// Text costs its UTF-8 check.
void decode_one_text_frame(benchmark::State& state) {
  const auto payload_bytes = static_cast<std::size_t>(state.range(0));
  std::vector<std::byte> frame = server_frame(bytes_of(std::string(payload_bytes, 'x')), 0x81);
  decode(state, frame, 1, payload_bytes);
}
BENCHMARK(decode_one_text_frame)->ArgName("payload")->Arg(20)->Arg(1024)->Arg(16 << 10);

void decode_many_small_frames(benchmark::State& state) {
  constexpr std::size_t kPayloadBytes = 20;
  const auto frames = static_cast<std::size_t>(state.range(0));
  const std::vector<std::byte> frame = server_frame(noise(kPayloadBytes), 0x82);
  std::vector<std::byte> input;
  for (std::size_t i = 0; i < frames; ++i) input.insert(input.end(), frame.begin(), frame.end());
  decode(state, input, frames, kPayloadBytes);
}
BENCHMARK(decode_many_small_frames)->ArgName("frames")->Arg(16)->Arg(64)->Arg(1024);

// As a server does it: every frame is masked with a key of zeros, so that unmasking in place can be repeated.
void decode_many_masked_frames(benchmark::State& state) {
  constexpr std::size_t kPayloadBytes = 20;
  const auto frames = static_cast<std::size_t>(state.range(0));
  std::vector<std::byte> frame = server_frame(noise(kPayloadBytes), 0x82);
  frame[1] |= std::byte{0x80};
  frame.insert(frame.begin() + 2, 4, std::byte{0});
  std::vector<std::byte> input;
  for (std::size_t i = 0; i < frames; ++i) input.insert(input.end(), frame.begin(), frame.end());
  const DecoderRules rules{.expect_masked = true};
  Decoder decoder;
  if (!checked(state, decode_all(decoder, input, rules).messages == frames, "masked frames were not found"))
    return;
  for (auto _ : state) {
    benchmark::DoNotOptimize(decode_all(decoder, input, rules).messages);
  }
  set_throughput(state, input.size(), frames);
}
BENCHMARK(decode_many_masked_frames)->ArgName("frames")->Arg(64);

// Frames of many sizes in receives that end anywhere, headers included.
void decode_any_cut(benchmark::State& state) {
  const auto cut = static_cast<std::size_t>(state.range(0));
  constexpr std::size_t kSizes[] = {0, 1, 20, 125, 126, 1000, 3000};
  std::vector<std::byte> input;
  for (const std::size_t size : kSizes) {
    const std::vector<std::byte> frame = server_frame(noise(size), 0x82);
    input.insert(input.end(), frame.begin(), frame.end());
  }
  const DecoderRules rules;
  Decoder decoder;
  const auto decode_in_pieces = [&] {
    std::size_t messages = 0;
    for (std::size_t at = 0; at < input.size(); at += cut) {
      const auto piece = std::span(input).subspan(at, std::min(cut, input.size() - at));
      messages += decode_all(decoder, piece, rules).messages;
    }
    return messages;
  };
  if (!checked(state, decode_in_pieces() == std::size(kSizes), "a cut loses messages")) return;
  for (auto _ : state) {
    benchmark::DoNotOptimize(decode_in_pieces());
  }
  set_throughput(state, input.size(), std::size(kSizes));
}
BENCHMARK(decode_any_cut)->ArgName("cut")->Arg(1)->Arg(7)->Arg(64)->Arg(1447);

}  // namespace
}  // namespace ringstorm::bench
