// The frame header's encoder, and a whole small frame as a connection writes it: header, key, masked payload.
#include <array>
#include <bit>

#include "codec/frame.h"
#include "codec/mask.h"
#include "micro/check.h"

namespace ringstorm::bench {
namespace {

constexpr MaskKey kKey{0x3d21fa37};

void encode_header(benchmark::State& state) {
  const auto payload_bytes = static_cast<std::uint64_t>(state.range(0));
  std::array<std::byte, kMaxFrameHeaderBytes> out{};
  FrameHeader header{.opcode = Opcode::binary, .mask = kKey, .payload_bytes = payload_bytes};
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

void encode_frame(benchmark::State& state) {
  const auto payload_bytes = static_cast<std::size_t>(state.range(0));
  const std::vector<std::byte> payload = noise(payload_bytes);
  std::vector<std::byte> out(kMaxFrameHeaderBytes + payload_bytes);
  FrameHeader header{.opcode = Opcode::binary, .mask = kKey, .payload_bytes = payload_bytes};
  const auto encode = [&] {
    const std::size_t header_bytes = encode_frame_header(out, header);
    mask_copy(std::span(out).subspan(header_bytes, payload_bytes), payload, *header.mask);
    return header_bytes;
  };
  const std::size_t at = encode();
  const bool right =
      at == frame_header_bytes(payload_bytes, true) &&
      out[at] == (payload[0] ^ static_cast<std::byte>(std::bit_cast<std::array<char, 4>>(kKey)[0]));
  if (!checked(state, right, "the frame is not what RFC 6455 section 5 says")) return;
  for (auto _ : state) {
    benchmark::DoNotOptimize(encode());
    benchmark::ClobberMemory();
  }
  set_throughput(state, frame_header_bytes(payload_bytes, true) + payload_bytes);
}
BENCHMARK(encode_frame)->ArgName("payload")->Arg(20)->Arg(125)->Arg(1024)->Arg(16 << 10);

}  // namespace
}  // namespace ringstorm::bench
