// One connection's life as a state machine, a client's side of RFC 6455: bytes and commands in, events and
// control frames out. Pure: it knows no socket, no clock and no other connection.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "base/cause.h"
#include "codec/decoder.h"
#include "codec/message_inflater.h"
#include "codec/secure_random.h"

namespace ringstorm {

enum class ConnectionState : std::uint8_t {
  idle,          ///< not begun
  connecting,    ///< TCP
  establishing,  ///< whatever stands between TCP and the WebSocket is opening: a proxy, TLS
  upgrading,     ///< the request is on its way, the answer is not complete
  open,
  closing,    ///< our close frame came first; waiting for the peer's
  lingering,  ///< both close frames are through; waiting for the server to close TCP, as RFC 6455 7.1.1 asks
              ///< it to
  finishing,  ///< last words go out: a close frame, or those of what stands below; nothing that arrives
              ///< matters any more
  ended,
};

/// What became of some received bytes.
struct ConnectionEvent {
  enum class Kind : std::uint8_t {
    need_more,
    data,     ///< a piece of a message
    control,  ///< a ping was dealt with; there may be a control frame to send
    pong,
    closed,  ///< the peer answered our close: the closing handshake is complete, the state `lingering`
    failed,  ///< a violation, or a close that the peer began; the state is `finishing`
  };
  Kind kind = Kind::need_more;
  Opcode opcode = Opcode::text;     ///< data: text or binary
  bool message_start = false;       ///< data: the first piece
  bool message_end = false;         ///< data: the last piece
  std::span<std::byte> bytes = {};  ///< data, pong; failed: the reason the peer gave for closing
  Failure failure = {};
  std::uint16_t close_code = 0;  ///< closed: the peer's, 1005 when it gave none
};

/// What most connections never need, kept apart from them.
struct SeldomUsed {
  std::array<std::byte, kMaxControlPayloadBytes> pong;  ///< the payload of one that is due
  DecoderStash stash;
};

class Connection {
 public:
  ConnectionState state() const { return state_; }

  void begin_connect();
  void connected();    ///< TCP is up
  void established();  ///< and all that stands above it: the upgrade request is to be sent
  void upgraded();     ///< the answer was accepted
  void finish();       ///< it is over, but for last words that are not the WebSocket's
  void end();          ///< the socket is gone, or is being let go

  /// Takes the next event off the front of `input`, in the states open and closing; elsewhere all input is
  /// dropped.
  ConnectionEvent next(std::span<std::byte>& input, const Receiving& receiving, SeldomUsed& seldom);

  /// Starts the closing handshake of an open connection.
  void begin_close(std::uint16_t code);

  /// True when a pong or a close frame is due.
  bool has_control() const { return pong_due_ || close_due_; }
  /// Writes the control frames that are due and fit, and returns the bytes written. A pong goes before a
  /// close frame, which goes once; after it come only answers to pings, until the peer's close has come (RFC
  /// 6455 5.5.2). `pongs` counts the pongs written; `reason`, at most 123 bytes, goes with a close of our
  /// own.
  std::size_t write_control(std::span<std::byte> out, SecureRandom& random, const SeldomUsed& seldom,
                            std::uint64_t& pongs, std::string_view reason = {});

  /// True while data frames may be sent.
  bool may_send() const { return state_ == ConnectionState::open; }

 private:
  ConnectionEvent on_close_frame(std::uint16_t code, std::span<std::byte> reason);
  ConnectionEvent fail(Failure failure, std::uint16_t code);

  ConnectionState state_ = ConnectionState::idle;
  bool pong_due_ = false;
  bool close_due_ = false;
  std::uint8_t pong_bytes_ = 0;
  std::uint16_t close_code_ = 0;
  FrameDecoder decoder_;
};

}  // namespace ringstorm
