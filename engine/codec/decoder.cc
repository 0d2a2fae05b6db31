#include "codec/decoder.h"

#include <algorithm>
#include <cstring>
#include <limits>

#include "base/check.h"

namespace ringstorm {
namespace {

constexpr unsigned kFin = 0x80;
constexpr unsigned kRsv = 0x70;
constexpr unsigned kControl = 0x08;
constexpr unsigned kOpcode = 0x0F;
constexpr unsigned kText = 0x01;
constexpr unsigned kBinary = 0x02;
constexpr unsigned kMasked = 0x80;
constexpr unsigned kLength = 0x7F;
constexpr unsigned kKnownOpcodes = 0b0000'0111'0000'0111;  // bit i is set for opcode i

constexpr std::size_t kFirstBytes = 2;
static_assert(kMaxFrameHeaderBytes <= kMaxControlPayloadBytes, "a split header fits into the stash");
static_assert(sizeof(Decoder) <= 180, "a million connections have one each");

constexpr DecoderEvent kWholeMessage{.kind = DecoderEvent::Kind::data,
                                     .message_start = true,
                                     .message_end = true,
                                     .frame_start = true,
                                     .frame_end = true,
                                     .frame_fin = true};

unsigned octet(std::byte byte) {
  return std::to_integer<unsigned>(byte);
}

constexpr std::size_t extended_length_bytes(unsigned length) {
  return length < 126 ? 0 : length == 126 ? 2 : 8;
}

std::uint64_t load_big_endian(std::span<const std::byte> bytes) {
  std::uint64_t value = 0;
  for (const std::byte byte : bytes) value = value << 8 | octet(byte);
  return value;
}

Cause judge_extended_length(std::uint64_t length, std::size_t encoded_in) {
  if (length >> 63 != 0) return Cause::impossible_length;
  if (length <= (encoded_in == 2 ? 125U : 0xFFFFU)) return Cause::overlong_length;
  return Cause::none;
}

/// What the frames of a message may announce together. One that an extension has transformed may have grown,
/// though never by as much as a quarter (see Deflater::bound()); the limit itself is for what was
/// transformed.
std::uint64_t most_announced(std::uint64_t max_message_bytes, bool transformed) {
  const std::uint64_t growth = transformed ? max_message_bytes / 4 + 64 : 0;
  const std::uint64_t most = std::numeric_limits<std::uint64_t>::max();
  return growth > most - max_message_bytes ? most : max_message_bytes + growth;
}

bool is_utf8(std::span<const std::byte> text) {
  Utf8Validator validator;
  return validator.feed(text) && validator.complete();
}

}  // namespace

DecoderEvent FrameDecoder::next(std::span<std::byte>& input, const DecoderRules& rules, DecoderStash& stash) {
  if (const std::size_t size = whole_message_bytes(input, rules); size != 0) {
    DecoderEvent event = kWholeMessage;
    event.opcode = static_cast<Opcode>(octet(input[0]) & kOpcode);
    event.frame_bytes = size - kFirstBytes;
    event.bytes = input.subspan(kFirstBytes, size - kFirstBytes);
    input = input.subspan(size);
    return event;
  }
  return next_in_parts(input, rules, stash);
}

/// The size of the unfragmented, unmasked message of up to 125 bytes that `input` begins with, 0 when it does
/// not begin with one, or not with a legal one. Nearly every frame of a load is one, and needs no state but
/// this look.
std::size_t FrameDecoder::whole_message_bytes(std::span<const std::byte> input,
                                              const DecoderRules& rules) const {
  if (stage_ != Stage::header || stash_bytes_ != 0 || message_ != Opcode::continuation) return 0;
  if (input.size() < kFirstBytes || rules.expect_masked) return 0;
  const unsigned first = octet(input[0]);
  const std::size_t length = octet(input[1]);
  if (first != (kFin | kText) && first != (kFin | kBinary)) return 0;
  if (length > 125 || input.size() - kFirstBytes < length || length > rules.max_message_bytes) return 0;
  if (first == (kFin | kText) && !is_utf8(input.subspan(kFirstBytes, length))) return 0;
  return kFirstBytes + length;
}

DecoderEvent FrameDecoder::next_in_parts(std::span<std::byte>& input, const DecoderRules& rules,
                                         DecoderStash& stash) {
  if (stage_ == Stage::header && !take_header(input, rules, stash)) return {};
  switch (stage_) {
    case Stage::data: return take_data(input, rules);
    case Stage::control: return take_control(input, rules, stash);
    case Stage::header:
    case Stage::failed: break;
  }
  return {.kind = DecoderEvent::Kind::violation, .violation = {violation_}};
}

/// True when there is something to say: a frame has begun, or its header was a violation.
bool FrameDecoder::take_header(std::span<std::byte>& input, const DecoderRules& rules, DecoderStash& stash) {
  if (stash_bytes_ != 0 || input.size() < kFirstBytes) return take_split_header(input, rules, stash);
  const HeaderJudgement judged = judge_header(input, rules);
  if (judged.violation != Cause::none) {
    fail(judged.violation);
    return true;
  }
  if (input.size() < judged.header_bytes) return take_split_header(input, rules, stash);
  begin_frame(input.data(), judged);
  input = input.subspan(judged.header_bytes);
  return true;
}

bool FrameDecoder::take_split_header(std::span<std::byte>& input, const DecoderRules& rules,
                                     DecoderStash& stash) {
  std::size_t wanted = kFirstBytes;
  for (;;) {
    const bool whole = stash_up_to(wanted, input, stash);
    if (stash_bytes_ < kFirstBytes) return false;
    const HeaderJudgement judged = judge_header({stash.data(), stash_bytes_}, rules);
    if (judged.violation != Cause::none) {
      fail(judged.violation);
      return true;
    }
    if (stash_bytes_ >= judged.header_bytes) {
      stash_bytes_ = 0;
      begin_frame(stash.data(), judged);
      return true;
    }
    if (!whole) return false;
    wanted = judged.header_bytes;
  }
}

/// Judges as much of a header as has been seen, which is its first two bytes or more. Each rule looks at the
/// shortest prefix that decides it, in the order of the bytes, so that the first violation is the same
/// however they came.
FrameDecoder::HeaderJudgement FrameDecoder::judge_header(std::span<const std::byte> seen,
                                                         const DecoderRules& rules) const {
  const unsigned first = octet(seen[0]);
  const unsigned second = octet(seen[1]);
  const unsigned length = second & kLength;
  const std::size_t extended = extended_length_bytes(length);
  HeaderJudgement judged{.violation = judge_first_bytes(first, second, rules),
                         .header_bytes = kFirstBytes + extended + ((second & kMasked) != 0 ? 4U : 0U),
                         .payload_bytes = length};
  if (judged.violation != Cause::none || seen.size() < kFirstBytes + extended) return judged;
  if (extended != 0) {
    judged.payload_bytes = load_big_endian(seen.subspan(kFirstBytes, extended));
    judged.violation = judge_extended_length(judged.payload_bytes, extended);
    if (judged.violation != Cause::none) return judged;
  }
  // Never more than the limit: every frame of the message so far passed here.
  const bool continues = (first & kOpcode) == 0;
  const std::uint64_t before = continues ? message_bytes_ : 0;
  const bool transformed = continues ? rsv_ != 0 : (first & kRsv) != 0;
  const bool is_data = (first & kControl) == 0;
  if (is_data && judged.payload_bytes > most_announced(rules.max_message_bytes, transformed) - before) {
    judged.violation = Cause::message_too_large;
  }
  return judged;
}

Cause FrameDecoder::judge_first_bytes(unsigned first, unsigned second, const DecoderRules& rules) const {
  const unsigned opcode = first & kOpcode;
  const bool begins_message = (opcode & kControl) == 0 && opcode != 0;
  const unsigned allowed = begins_message ? unsigned{rules.allowed_rsv} << 4 : 0;
  if ((first & kRsv & ~allowed) != 0) return Cause::reserved_bit;
  if ((kKnownOpcodes >> opcode & 1U) == 0) return Cause::reserved_opcode;
  if (((second & kMasked) != 0) != rules.expect_masked) {
    return rules.expect_masked ? Cause::unmasked_frame : Cause::masked_frame;
  }
  if ((opcode & kControl) != 0) {
    if ((first & kFin) == 0) return Cause::fragmented_control;
    return (second & kLength) > kMaxControlPayloadBytes ? Cause::oversized_control : Cause::none;
  }
  const bool message_is_open = message_ != Opcode::continuation;
  if (opcode == 0) return message_is_open ? Cause::none : Cause::unexpected_continuation;
  return message_is_open ? Cause::interrupted_message : Cause::none;
}

void FrameDecoder::begin_frame(const std::byte* header, const HeaderJudgement& judged) {
  const unsigned first = octet(header[0]);
  opcode_ = static_cast<Opcode>(first & kOpcode);
  fin_ = (first & kFin) != 0;
  frame_bytes_ = judged.payload_bytes;
  frame_left_ = judged.payload_bytes;
  if ((octet(header[1]) & kMasked) != 0) std::memcpy(&key_.wire, header + judged.header_bytes - 4, 4);
  if (is_control(opcode_)) {
    stage_ = Stage::control;
    return;
  }
  stage_ = Stage::data;
  if (opcode_ != Opcode::continuation) {
    message_ = opcode_;
    message_bytes_ = 0;
    rsv_ = (first & kRsv) >> 4 & 7U;
  }
  message_bytes_ += judged.payload_bytes;
}

DecoderEvent FrameDecoder::take_data(std::span<std::byte>& input, const DecoderRules& rules) {
  const std::size_t count = static_cast<std::size_t>(std::min<std::uint64_t>(input.size(), frame_left_));
  if (count == 0 && frame_left_ != 0) return {};
  const bool frame_start = frame_left_ == frame_bytes_;
  const bool frame_end = frame_left_ == count;
  const bool message_end = frame_end && fin_;
  DecoderEvent event{.kind = DecoderEvent::Kind::data,
                     .opcode = message_,
                     .message_start = frame_start && opcode_ != Opcode::continuation,
                     .message_end = message_end,
                     .frame_start = frame_start,
                     .frame_end = frame_end,
                     .frame_fin = fin_,
                     .rsv = rsv_,
                     .frame_bytes = frame_bytes_,
                     .bytes = input.first(count)};
  if (rules.expect_masked) mask(event.bytes, key_, static_cast<std::size_t>(frame_bytes_ - frame_left_));
  if (message_ == Opcode::text && rsv_ == 0) {
    const std::size_t good = check_text(event.bytes, message_end);
    if (violation_ != Cause::none) {
      if (good == 0) return fail(violation_);
      stage_ = Stage::failed;
      event.message_end = event.frame_end = false;
      event.bytes = event.bytes.first(good);
    }
  }
  input = input.subspan(event.bytes.size());
  frame_left_ -= count;
  if (frame_end && stage_ == Stage::data) stage_ = Stage::header;
  if (message_end) message_ = Opcode::continuation;
  return event;
}

/// How much of `piece` may be given out. Sets violation_ when that is not all of it, or when the message must
/// not end there: then its last byte is the bad one.
std::size_t FrameDecoder::check_text(std::span<const std::byte> piece, bool message_end) {
  std::size_t good = utf8_.valid_prefix(piece);
  if (good == piece.size()) {
    if (!message_end || utf8_.complete()) return good;
    good -= std::min<std::size_t>(good, 1);
  }
  violation_ = Cause::invalid_utf8;
  return good;
}

DecoderEvent FrameDecoder::take_control(std::span<std::byte>& input, const DecoderRules& rules,
                                        DecoderStash& stash) {
  const std::size_t size = static_cast<std::size_t>(frame_bytes_);
  std::span<std::byte> payload;
  if (stash_bytes_ == 0 && input.size() >= size) {
    payload = input.first(size);
    input = input.subspan(size);
  } else {
    if (!stash_up_to(size, input, stash)) return {};
    stash_bytes_ = 0;
    payload = {stash.data(), size};
  }
  if (rules.expect_masked) mask(payload, key_);
  stage_ = Stage::header;
  if (opcode_ == Opcode::close) return take_close(payload);
  const auto kind = opcode_ == Opcode::ping ? DecoderEvent::Kind::ping : DecoderEvent::Kind::pong;
  return {.kind = kind, .opcode = opcode_, .bytes = payload};
}

/// RFC 6455 section 5.5.1: nothing, or a code that may be sent and a reason in UTF-8.
DecoderEvent FrameDecoder::take_close(std::span<std::byte> payload) {
  DecoderEvent event{
      .kind = DecoderEvent::Kind::close, .opcode = Opcode::close, .close_code = close_code::none_received};
  if (payload.empty()) return event;
  if (payload.size() < 2) return fail(Cause::malformed_close);
  event.close_code = static_cast<std::uint16_t>(load_big_endian(payload.first(2)));
  if (!is_sendable_close_code(event.close_code)) return fail(Cause::malformed_close);
  event.bytes = payload.subspan(2);
  if (!is_utf8(event.bytes)) return fail(Cause::invalid_utf8);
  return event;
}

/// Moves input into the stash until it holds `bytes`; true when it does.
bool FrameDecoder::stash_up_to(std::size_t bytes, std::span<std::byte>& input, DecoderStash& stash) {
  if (stash_bytes_ >= bytes) return true;
  const std::size_t count = std::min(bytes - stash_bytes_, input.size());
  std::copy_n(input.begin(), count, stash.begin() + stash_bytes_);
  stash_bytes_ = static_cast<std::uint8_t>(stash_bytes_ + count);
  input = input.subspan(count);
  return stash_bytes_ == bytes;
}

DecoderEvent FrameDecoder::fail(Cause violation) {
  stage_ = Stage::failed;
  violation_ = violation;
  return {.kind = DecoderEvent::Kind::violation, .violation = {violation}};
}

}  // namespace ringstorm
