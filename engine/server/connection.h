// One client of the embedded server as a state machine: bytes in, bytes queued, and a phase that says what is
// to become of its socket. It knows neither the socket nor the clock.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/cause.h"
#include "codec/decoder.h"
#include "server/block_pool.h"
#include "server/counts.h"
#include "server/output_queue.h"
#include "server/server.h"

namespace ringstorm {

/// What the connections of one shard share.
struct ServerContext {
  ServerMode mode = ServerMode::echo;
  DecoderRules rules = {.expect_masked = true};
  BlockPool pool = {};
  ServerCounts counts = {};
};

class ServerConnection {
 public:
  enum class Phase : std::uint8_t {
    upgrading,  ///< the request is not complete
    open,       ///< messages
    closing,    ///< our Close goes first; the client's answer is awaited
    leaving,    ///< nothing more is read; TCP ends when the output is out (RFC 6455 section 7.1.1: the server
                ///< first)
    failing,    ///< as leaving, but the client is not expecting the end
    lingering,  ///< failed, output out: what the client still sends is read and dropped for a moment, because
                ///< closing on unread bytes makes TCP reset the connection, which may cost the client our
                ///< last words
    finished,   ///< the socket is to be closed now
    closed,     ///< the socket is being closed
  };

  Phase phase() const { return phase_; }
  const OutputQueue& output() const { return output_; }

  void receive(std::span<std::byte> bytes, ServerContext& context);
  /// The stream has ended; `clean` when by an end of file and not by an error: then the client may still be
  /// reading.
  void receive_end(bool clean, ServerContext& context);

  /// What to send now; empty when there is nothing or a send is under way.
  std::span<const std::byte> start_send();
  void finish_send(ServerContext& context);
  /// Nothing is left to send: leaving -> finished, failing -> lingering.
  void output_is_out();

  /// The server goes: Close with 1001.
  void go_away(ServerContext& context);
  /// Ends it without a word: its time is over, or its patience.
  void give_up(ServerContext& context);
  /// The caller has closed the socket; finished -> closed.
  void mark_closed() { phase_ = Phase::closed; }
  /// Returns its memory. Nothing may be on its way out any more.
  void release(ServerContext& context) { output_.clear(context.pool); }

 private:
  /// The echo of a frame that has begun.
  enum class Echo : std::uint8_t {
    none,
    held,       ///< short text: sent when it is whole, since bad UTF-8 may still turn it into a Close
    streaming,  ///< sent as it comes
  };

  bool takes_frames() const { return phase_ == Phase::open || phase_ == Phase::closing; }
  std::span<std::byte> take_head(std::span<std::byte> bytes, ServerContext& context);
  std::size_t judge_head(std::string_view head, ServerContext& context);
  void take_data(const DecoderEvent& event, ServerContext& context);
  void echo(const DecoderEvent& event, ServerContext& context);
  void begin_echo(const DecoderEvent& event, ServerContext& context);
  void take_close(std::uint16_t code, ServerContext& context);
  void fail(Cause violation, ServerContext& context);
  void send_control(Opcode opcode, std::span<const std::byte> payload, ServerContext& context);
  bool send_close(std::uint16_t code, ServerContext& context);
  bool cut_echo_short(ServerContext& context);
  void send_text(std::string_view text, ServerContext& context);
  void count_end(std::uint16_t code, ServerContext& context);

  Decoder decoder_;
  OutputQueue output_;
  std::unique_ptr<std::string> head_;  ///< while upgrading, when the request came in pieces
  std::uint64_t echo_bytes_ = 0;       ///< queued of the frame being echoed, its header included
  Phase phase_ = Phase::upgrading;
  Echo echo_ = Echo::none;
};

}  // namespace ringstorm
