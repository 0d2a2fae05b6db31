#include "connection/connection.h"

#include <algorithm>

#include "base/check.h"

namespace ringstorm {

void Connection::begin_connect() {
  RS_CHECK(state_ == ConnectionState::idle);
  state_ = ConnectionState::connecting;
}

void Connection::connected() {
  RS_CHECK(state_ == ConnectionState::connecting);
  state_ = ConnectionState::establishing;
}

void Connection::established() {
  RS_CHECK(state_ == ConnectionState::establishing);
  state_ = ConnectionState::upgrading;
}

void Connection::upgraded() {
  RS_CHECK(state_ == ConnectionState::upgrading);
  state_ = ConnectionState::open;
}

void Connection::finish() {
  RS_CHECK(state_ >= ConnectionState::establishing && state_ != ConnectionState::ended);
  state_ = ConnectionState::finishing;
  pong_due_ = false;
  close_due_ = false;
}

void Connection::end() {
  state_ = ConnectionState::ended;
  pong_due_ = false;
  close_due_ = false;
}

void Connection::begin_close(std::uint16_t code) {
  RS_CHECK(state_ == ConnectionState::open);
  state_ = ConnectionState::closing;
  close_due_ = true;
  close_code_ = code;
}

ConnectionEvent Connection::next(std::span<std::byte>& input, const Receiving& receiving,
                                 SeldomUsed& seldom) {
  using Kind = ConnectionEvent::Kind;
  const bool listening = state_ == ConnectionState::open || state_ == ConnectionState::closing;
  if (!listening) {
    input = {};
    return {};
  }
  const DecoderEvent event = receiving.next(decoder_, input, seldom.stash);
  switch (event.kind) {
    case DecoderEvent::Kind::need_more: return {};
    case DecoderEvent::Kind::data:
      return {.kind = Kind::data,
              .opcode = event.opcode,
              .message_start = event.message_start,
              .message_end = event.message_end,
              .bytes = event.bytes};
    case DecoderEvent::Kind::ping:
      // Of several pings only the latest need be answered (RFC 6455 5.5.3), so one payload is enough.
      std::copy(event.bytes.begin(), event.bytes.end(), seldom.pong.begin());
      pong_bytes_ = static_cast<std::uint8_t>(event.bytes.size());
      pong_due_ = true;
      return {.kind = Kind::control};
    case DecoderEvent::Kind::pong: return {.kind = Kind::pong, .bytes = event.bytes};
    case DecoderEvent::Kind::close: return on_close_frame(event.close_code, event.bytes);
    case DecoderEvent::Kind::violation: return fail(event.violation, close_code_for(event.violation.cause));
  }
  return {};
}

ConnectionEvent Connection::on_close_frame(std::uint16_t code, std::span<std::byte> reason) {
  if (state_ == ConnectionState::closing) {
    state_ = ConnectionState::lingering;
    pong_due_ = false;  // RFC 6455 5.5.2: not owed to a peer that has closed
    return {.kind = ConnectionEvent::Kind::closed, .close_code = code};
  }
  // The peer began: send its code back (RFC 6455 5.5.1).
  ConnectionEvent event = fail({Cause::closed_by_server, code}, code);
  event.bytes = reason;
  return event;
}

ConnectionEvent Connection::fail(Failure failure, std::uint16_t code) {
  // After our own close frame no second one may follow.
  const bool close_sent = state_ == ConnectionState::closing && !close_due_;
  state_ = ConnectionState::finishing;
  close_due_ = !close_sent;
  close_code_ = code;
  pong_due_ = false;
  return {.kind = ConnectionEvent::Kind::failed, .failure = failure};
}

std::size_t Connection::write_control(std::span<std::byte> out, SecureRandom& random,
                                      const SeldomUsed& seldom, std::uint64_t& pongs,
                                      std::string_view reason) {
  std::size_t used = 0;
  const auto write = [&](Opcode opcode, std::span<const std::byte> payload) {
    const std::span<std::byte> room = out.subspan(used);
    if (room.size() < frame_header_bytes(payload.size(), true) + payload.size()) return false;
    const MaskKey key = random.next_mask_key();
    const std::size_t header = encode_frame_header(
        room, FrameHeader{.opcode = opcode, .mask = key, .payload_bytes = payload.size()});
    mask_copy(room.subspan(header, payload.size()), payload, key);
    used += header + payload.size();
    return true;
  };
  if (pong_due_ && write(Opcode::pong, std::span(seldom.pong).first(pong_bytes_))) {
    pong_due_ = false;
    ++pongs;
  }
  if (close_due_ && !pong_due_) {
    std::array<std::byte, kMaxControlPayloadBytes> payload{static_cast<std::byte>(close_code_ >> 8),
                                                           static_cast<std::byte>(close_code_ & 0xFF)};
    // A close that answers the peer's, or a violation, has no reason.
    const auto said =
        std::as_bytes(std::span(reason)).first(state_ == ConnectionState::closing ? reason.size() : 0);
    RS_CHECK(2 + said.size() <= payload.size());
    std::copy(said.begin(), said.end(), payload.begin() + 2);
    const std::size_t bytes = close_code_ == close_code::none_received ? 0 : 2 + said.size();
    if (write(Opcode::close, std::span(payload).first(bytes))) close_due_ = false;
  }
  return used;
}

}  // namespace ringstorm
