// Bytes in, events out: the receiving side of RFC 6455 section 5, for either role. It owns no buffer beyond
// one control frame, allocates nothing, and gives the same events however the bytes are cut up (only how many
// pieces the data of a message comes in follows the cut). It never knows where the bytes come from.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "base/cause.h"
#include "codec/frame.h"
#include "codec/utf8.h"

namespace ringstorm {

struct DecoderRules {
  bool expect_masked = false;  ///< true on a server: clients mask, servers never do
  std::uint64_t max_message_bytes =
      64ULL * 1024 * 1024;       ///< a message that announces more fails with message_too_large
  std::uint8_t allowed_rsv = 0;  ///< bits that an agreed extension may set on the first frame of a message
};

struct DecoderEvent {
  enum class Kind : std::uint8_t {
    need_more,  ///< the input is used up
    data,       ///< a piece of a text or binary message, possibly all of it, possibly empty
    ping,
    pong,
    close,
    violation,  ///< final: every later call gives it again
  };
  Kind kind = Kind::need_more;
  Opcode opcode = Opcode::text;     ///< data: of the message (text or binary, never continuation)
  bool message_start = false;       ///< data: the first piece of its message
  bool message_end = false;         ///< data: the last piece of its message
  bool frame_start = false;         ///< data: the first piece of its frame
  bool frame_end = false;           ///< data: the last piece of its frame
  bool frame_fin = false;           ///< data: its frame has FIN
  std::uint8_t rsv = 0;             ///< data: the bits of its message's first frame
  std::uint64_t frame_bytes = 0;    ///< data: the whole payload of its frame
  std::span<std::byte> bytes = {};  ///< data, ping, pong: unmasked payload; close: the reason. Inside the
                                    ///< input or the decoder: valid until the next call
  std::uint16_t close_code = 0;     ///< close: 1005 when the frame had none
  Failure violation = {};           ///< violation
};

/// What a decoder needs while a header or a control frame has come in part: the part.
using DecoderStash = std::array<std::byte, kMaxControlPayloadBytes>;

/// One direction of one connection, in 48 bytes. Its stash is elsewhere, so that very many connections need
/// not have memory for what hardly ever happens to one.
class FrameDecoder {
 public:
  /// Takes the next event off the front of `input`, and shortens `input` by what it used. Masked payloads are
  /// unmasked in place inside `input`. `rules` stay the same for the life of a connection.
  ///
  /// A header is judged as soon as its first two bytes are there, and once more when its length is. Text is
  /// checked as UTF-8 as it comes: the bytes before the first invalid one are given out, then the violation;
  /// a text that ends inside a code point fails at its last byte. A message with a reserved bit is not
  /// checked, because an extension has made something else of the text, and may be a little longer than the
  /// limit: it is the extension's to hold its message to it. `stash` is the same for the life of a
  /// connection; what it holds before that does not matter.
  DecoderEvent next(std::span<std::byte>& input, const DecoderRules& rules, DecoderStash& stash);

  /// The key of the frame that the last event is of or belongs to; meaningful when frames are masked.
  MaskKey mask_key() const { return key_; }

 private:
  enum class Stage : std::uint8_t { header, data, control, failed };

  struct HeaderJudgement {
    Cause violation = Cause::none;
    std::size_t header_bytes = 0;
    std::uint64_t payload_bytes = 0;
  };

  std::size_t whole_message_bytes(std::span<const std::byte> input, const DecoderRules& rules) const;
  DecoderEvent next_in_parts(std::span<std::byte>& input, const DecoderRules& rules, DecoderStash& stash);
  bool take_header(std::span<std::byte>& input, const DecoderRules& rules, DecoderStash& stash);
  bool take_split_header(std::span<std::byte>& input, const DecoderRules& rules, DecoderStash& stash);
  HeaderJudgement judge_header(std::span<const std::byte> seen, const DecoderRules& rules) const;
  Cause judge_first_bytes(unsigned first, unsigned second, const DecoderRules& rules) const;
  void begin_frame(const std::byte* header, const HeaderJudgement& judged);
  DecoderEvent take_data(std::span<std::byte>& input, const DecoderRules& rules);
  DecoderEvent take_control(std::span<std::byte>& input, const DecoderRules& rules, DecoderStash& stash);
  DecoderEvent take_close(std::span<std::byte> payload);
  std::size_t check_text(std::span<const std::byte> piece, bool message_end);
  bool stash_up_to(std::size_t bytes, std::span<std::byte>& input, DecoderStash& stash);
  DecoderEvent fail(Cause violation);

  std::uint64_t frame_bytes_ = 0;
  std::uint64_t frame_left_ = 0;
  std::uint64_t message_bytes_ = 0;  ///< what the frames of the open message have announced
  MaskKey key_ = {};
  Stage stage_ = Stage::header;
  Opcode opcode_ = Opcode::text;           ///< of the frame
  Opcode message_ = Opcode::continuation;  ///< of the open message; continuation when none is open
  bool fin_ : 1 = false;
  std::uint8_t rsv_ : 3 = 0;  ///< of the open message; a byte of its own would cost eight
  Utf8Validator utf8_;
  Cause violation_ = Cause::none;
  std::uint8_t stash_bytes_ = 0;  ///< that came of a split header, or of a split control payload
};

/// A decoder with a stash of its own.
class Decoder : public FrameDecoder {
 public:
  DecoderEvent next(std::span<std::byte>& input, const DecoderRules& rules) {
    return FrameDecoder::next(input, rules, stash_);
  }
  DecoderStash& stash() { return stash_; }

 private:
  DecoderStash stash_;
};

}  // namespace ringstorm
