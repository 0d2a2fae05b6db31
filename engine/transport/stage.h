// What may stand between a TCP socket and a WebSocket: a stage takes bytes and gives bytes. It opens (a
// proxy's CONNECT, a TLS handshake), and then it carries. Pure: no stage knows a socket, a ring or what time
// it is, so the client's shards, the embedded server, the tests and the fuzzers drive the very same code.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "base/cause.h"

namespace ringstorm {

/// What the opening of a stage is to a report: each has a histogram of its own.
enum class TransportPhase : std::uint8_t { proxy, tls };

/// What became of some received bytes, in the order it happened.
struct TransportEvent {
  enum class Kind : std::uint8_t {
    need_more,  ///< all input was taken
    ready,      ///< the opening is complete; comes once, before any plaintext
    plaintext,  ///< some of what the peer says through this stage
    closed,     ///< the peer has ended what it says in good order; nothing follows, but it may still listen
    failed,     ///< the stage is over; what it still has to say about it (an alert) is its output
  };
  Kind kind = Kind::need_more;
  bool more = false;                ///< plaintext: what was received holds more than this
  bool resumed = false;             ///< ready: with a session from an earlier connection
  Failure failure = {};             ///< failed
  std::span<std::byte> bytes = {};  ///< plaintext, the caller's to change; good until the next call
};

/// One stage of one connection. It speaks first when it has output after `begin`.
///
/// A stage that only opens and then lets everything pass (a proxy) takes of the input no more than is its
/// own, and leaves the chain when it is ready; `seal` and `close` are never called on it.
class TransportStage {
 public:
  virtual ~TransportStage() = default;

  /// Begins the opening. Called once, before anything else.
  virtual void begin() = 0;

  /// Takes the next event off the front of `input`; call again until it is need_more, closed or failed.
  /// `scratch` is where plaintext may be put: at least kScratchBytes.
  virtual TransportEvent next(std::span<std::byte>& input, std::span<std::byte> scratch) = 0;

  /// True when the stage has something to say of its own: its opening, an alert, an answer to the peer's
  /// stage.
  virtual bool has_output() const = 0;
  /// Writes as much of it as fits, and returns the bytes written.
  virtual std::size_t write_output(std::span<std::byte> out) = 0;

  /// How many bytes of plaintext surely fit into `room` bytes of wire, with its own output, and with its last
  /// words (`close`) behind them; 0 when none do.
  virtual std::size_t plain_room(std::size_t room) const = 0;
  /// Writes its own output and then `plain`, at most plain_room(out.size()) bytes, as the peer's stage is to
  /// get them; returns the bytes written. Only once it is ready.
  virtual std::size_t seal(std::span<const std::byte> plain, std::span<std::byte> out) = 0;

  /// Says that nothing more will be said: the last words are output now. Nothing when the stage is not ready
  /// or over; a second call is nothing.
  virtual void close() = 0;

  /// What it means to this stage, as it stands, that TCP ended so.
  virtual Failure ended(Failure tcp) const = 0;
  /// What it is when its opening takes too long.
  virtual Failure timed_out() const = 0;
  /// More on its failure than a cause can say, for the report: the peer's answer, a certificate's name. Good
  /// until the next call of next.
  virtual std::string_view said() const = 0;

  static constexpr std::size_t kScratchBytes = 16 * 1024;
};

/// Makes the stages of one shard's connections, on its thread alone: what its connections share (sessions to
/// resume) is here. May allocate, and so may its stages while they open.
class TransportFactory {
 public:
  virtual ~TransportFactory() = default;
  virtual TransportPhase phase() const = 0;
  virtual std::unique_ptr<TransportStage> make() = 0;
  /// How often a peer asked for what is refused on principle: to renegotiate.
  virtual std::uint64_t refused_renegotiations() const { return 0; }
};

}  // namespace ringstorm
