// Input: what was agreed, the size of pieces and of the scratch memory, then a server's frames. However they
// are cut, the same messages come out and the same violation, and never more than the limit.
#include <algorithm>
#include <array>
#include <vector>

#include "base/check.h"
#include "codec/message_inflater.h"
#include "fuzz/input.h"

using namespace ringstorm;

namespace {

constexpr DecoderRules kRules{.max_message_bytes = 5000, .allowed_rsv = kCompressedRsv};

struct Heard {
  std::vector<std::byte> bytes;  ///< of the messages that ended
  std::size_t messages = 0;
  Cause violation = Cause::none;
  friend bool operator==(const Heard&, const Heard&) = default;
};

Heard hear(std::span<const std::byte> stream, std::size_t piece, std::span<std::byte> scratch,
           int window_bits, bool keeps_context) {
  ContextPool<Inflater> pool(1, Inflater::memory_bytes(window_bits));
  CompressionTally tally;
  MessageInflater inflater(window_bits, keeps_context);
  Decoder decoder;
  Heard heard;
  std::vector<std::byte> message;
  bool open = false;  // a message has begun, if only with an empty piece
  for (; !stream.empty(); stream = stream.subspan(std::min(piece, stream.size()))) {
    const auto part = stream.first(std::min(piece, stream.size()));
    std::vector<std::byte> copy(part.begin(), part.end());
    std::span<std::byte> input(copy);
    for (;;) {
      const DecoderEvent event = inflater.next(decoder, input, kRules, {pool, scratch, tally});
      if (event.kind == DecoderEvent::Kind::need_more) break;
      heard.violation = event.violation.cause;
      if (event.kind == DecoderEvent::Kind::violation) return heard;
      if (event.kind != DecoderEvent::Kind::data) continue;
      RS_CHECK(event.message_start != open);
      open = !event.message_end;
      message.insert(message.end(), event.bytes.begin(), event.bytes.end());
      RS_CHECK(message.size() <= kRules.max_message_bytes);
      if (!event.message_end) continue;
      heard.bytes.insert(heard.bytes.end(), message.begin(), message.end());
      ++heard.messages;
      message.clear();
    }
  }
  return heard;
}

/// zlib notices that something reaches back beyond a window smaller than the largest only when it is not in
/// the output of the same call, so that it depends on the cut.
bool looks_back_too_far(const Heard& heard) {
  return heard.violation == Cause::invalid_deflate || heard.violation == Cause::truncated_deflate;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static std::array<std::byte, 8192> scratch;
  fuzz::Input input(data, size);
  const unsigned choices = input.byte();
  const int window_bits = 8 + static_cast<int>(choices & 7);
  const bool keeps_context = (choices & 8) != 0;
  const std::size_t piece = 1 + input.byte();
  const std::size_t room = 1 + input.byte() * 16;
  const std::span<const std::byte> stream = input.rest();
  const Heard whole =
      hear(stream, std::max<std::size_t>(stream.size(), 1), scratch, window_bits, keeps_context);
  // How far a text gets before it is seen to be none follows the cut; what ended, and whether it failed, does
  // not.
  const Heard cut = hear(stream, piece, std::span(scratch).first(room), window_bits, keeps_context);
  if (window_bits < 15 && (looks_back_too_far(cut) || looks_back_too_far(whole))) return 0;
  RS_CHECK(cut.bytes == whole.bytes);
  RS_CHECK(cut.messages == whole.messages);
  RS_CHECK((cut.violation == Cause::none) == (whole.violation == Cause::none));
  return 0;
}
