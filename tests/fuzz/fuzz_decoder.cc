// Input: rules, how many cut sizes, the cut sizes (used in turn), the stream. The stream means the same
// however it is cut.
#include "base/check.h"
#include "fuzz/input.h"
#include "property/decoder_trace.h"

using namespace ringstorm;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Input input(data, size);
  const unsigned choices = input.byte();
  const DecoderRules rules{.expect_masked = (choices & 1) != 0,
                           .max_message_bytes = (choices & 2) != 0 ? 100U : 1U << 20,
                           .allowed_rsv = static_cast<std::uint8_t>(choices >> 2 & 7)};
  const std::span<const std::byte> cuts = input.take(input.byte() % 32);
  const std::span<const std::byte> stream = input.rest();

  const test::Trace whole = test::trace_of(stream, rules);
  std::size_t cut = 0;
  const auto next_cut = [&]() -> std::size_t {
    return cuts.empty() ? 1 : 1 + std::to_integer<std::size_t>(cuts[cut++ % cuts.size()]);
  };
  RS_CHECK(test::trace_of(stream, rules, next_cut) == whole);

  std::uint64_t message_bytes = 0;
  for (const test::TracedEvent& traced : whole) {
    if (traced.event.kind != DecoderEvent::Kind::data) continue;
    message_bytes = traced.bytes.size() + (traced.event.message_start ? 0 : message_bytes);
    // One with a reserved bit is for its extension to hold to the limit.
    RS_CHECK(traced.event.rsv != 0 || message_bytes <= rules.max_message_bytes);
  }
  return 0;
}
