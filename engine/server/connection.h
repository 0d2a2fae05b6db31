// One client of the embedded server as a state machine: bytes in, bytes queued, and a phase that says what is
// to become of its socket. It knows neither the socket nor the clock.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/cause.h"
#include "base/clock.h"
#include "codec/decoder.h"
#include "codec/handshake.h"
#include "server/block_pool.h"
#include "server/counts.h"
#include "server/counts_board.h"
#include "server/deflated_connection.h"
#include "server/faulty_replies.h"
#include "server/key_watch.h"
#include "server/laboratory.h"
#include "server/output_queue.h"
#include "server/payload_check.h"
#include "server/room_voice.h"
#include "server/server.h"

namespace ringstorm {

/// What the connections of one shard share.
struct ServerContext {
  ServerMode mode = ServerMode::echo;
  DecoderRules rules = {.expect_masked = true};
  DecoderRules deflate_rules = {.expect_masked = true, .allowed_rsv = kCompressedRsv};
  BlockPool pool = {};
  ServerCounts counts = {};
  EndedConnections ended = {};
  std::uint64_t next_number = 0;          ///< of the next WebSocket ...
  std::uint64_t number_step = 1;          ///< ... and from there to the one after
  const std::string* expected = nullptr;  ///< what every message is to hold; null: anything
  Laboratory* laboratory = nullptr;       ///< null: nothing is done wrong
  DeflateService* deflate = nullptr;      ///< null: permessage-deflate is declined
  std::span<std::byte> scratch = {};      ///< for what a stage opens; empty where there is none
  std::vector<RoomFrame> said = {};       ///< in mode broadcast: by the connection that received last
  Instant now = {};                       ///< of this turn
};

class ServerConnection {
 public:
  enum class Phase : std::uint8_t {
    upgrading,  ///< the request is not complete
    asking,     ///< for the server's counts, which are being gathered
    open,       ///< messages
    closing,    ///< our Close goes first; the client's answer is awaited
    leaving,    ///< nothing more is read; TCP ends when the output is out (RFC 6455 section 7.1.1: the server
                ///< first)
    resetting,  ///< nothing more is read; when the output is out, TCP is to be reset
    failing,    ///< as leaving, but the client is not expecting the end
    lingering,  ///< failed, output out: what the client still sends is read and dropped for a moment, because
                ///< closing on unread bytes makes TCP reset the connection, which may cost the client our
                ///< last words
    finished,   ///< the socket is to be closed now
    closed,     ///< the socket is being closed
  };

  Phase phase() const { return phase_; }
  const OutputQueue& output() const { return output_; }
  /// What was received on it, for the list of connections.
  ConnectionRow row() const { return {number_, messages_, payload_bytes_, 0}; }
  bool is_open() const { return takes_frames(); }  ///< upgraded, and not at its end
  bool is_slow() const { return is_slow_; }        ///< the plan has it read slowly
  bool asks_for_rows() const { return asks_for_rows_; }

  void receive(std::span<std::byte> bytes, ServerContext& context);
  /// The stream has ended; `clean` when by an end of file and not by an error: then the client may still be
  /// reading. `is_owed`: it has not had everything yet that was said and is no output any more.
  void receive_end(bool clean, bool is_owed, ServerContext& context);

  /// In mode broadcast, once it was upgraded, it has a room.
  bool has_room() const { return voice_ != nullptr; }
  std::string_view room() const { return voice_->path(); }
  /// Queues what somebody in its room has said.
  void hear(const RoomFrame& frame, ServerContext& context) { output_.append(frame, context.pool); }

  /// What to send now, at most `most` bytes; empty when there is nothing or a send is under way.
  std::span<const std::byte> start_send(std::size_t most = std::numeric_limits<std::size_t>::max());
  /// All of it has gone; returns how much that was.
  std::size_t finish_send(ServerContext& context);
  /// Nothing will follow what has been sent, and that in good order.
  bool has_said_all() const {
    return (phase_ == Phase::leaving || phase_ == Phase::failing) && output_.empty();
  }
  /// Nothing is left to send: leaving -> finished, failing -> lingering.
  void output_is_out();

  /// Under a fault plan, when release_due() will have something to do; kNever when it will not.
  Instant next_due() const { return faults_ ? faults_->next_due() : kNever; }
  /// Queues the replies whose time has come.
  void release_due(ServerContext& context) {
    if (faults_ != nullptr) release_waiting(context);
  }
  /// What replies that wait for their time take: of whole ones, and of all.
  std::uint64_t waiting_bytes() const { return faults_ ? faults_->waiting_bytes() : 0; }
  std::uint64_t held_bytes() const { return faults_ ? faults_->bytes() : 0; }

  /// Answers the question for the counts: asking -> leaving.
  void answer(std::string_view json, ServerContext& context);

  /// Refuses it before it has asked for anything, with this HTTP status.
  void refuse(int status, ServerContext& context);
  /// What carries it has failed: nothing of what is queued can be sent any more.
  void break_off(ServerContext& context);
  /// The server goes: Close with 1001.
  void go_away(ServerContext& context);
  /// Ends it without a word: its time is over, or its patience.
  void give_up(ServerContext& context);
  /// The caller has closed the socket; finished -> closed.
  void mark_closed() { phase_ = Phase::closed; }
  /// Returns its memory. Nothing may be on its way out any more.
  void release(ServerContext& context);

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
  void accept_upgrade(const ParsedUpgradeRequest& request, ServerContext& context);
  void begin_messages(ServerContext& context);
  void begin_deflate(const DeflateAgreement& agreement, ServerContext& context);
  Receiving receiving(ServerContext& context);
  void take_data(const DecoderEvent& event, ServerContext& context);
  void check_payload(const DecoderEvent& event, ServerContext& context);
  void watch_key(ServerContext& context);
  void release_waiting(ServerContext& context);
  void abandon_waiting(ServerContext& context);
  void reply(const DecoderEvent& event, ServerContext& context);
  void echo(const DecoderEvent& event, ServerContext& context);
  void begin_echo(const DecoderEvent& event, ServerContext& context);
  void take_close(std::uint16_t code, ServerContext& context);
  void fail(Cause violation, ServerContext& context);
  void send_control(Opcode opcode, std::span<const std::byte> payload, ServerContext& context);
  bool send_close(std::uint16_t code, ServerContext& context);
  bool cut_echo_short(ServerContext& context);
  void send_text(std::string_view text, ServerContext& context);
  void count_abandoned(ServerContext& context);
  void count_end(std::uint16_t code, ServerContext& context);

  Decoder decoder_;
  OutputQueue output_;
  std::unique_ptr<std::string> head_;            ///< while upgrading, when the request came in pieces
  std::unique_ptr<FaultyReplies> faults_;        ///< when replies are to go wrong
  std::unique_ptr<DeflatedConnection> deflate_;  ///< when permessage-deflate was agreed on
  std::unique_ptr<RoomVoice> voice_;             ///< in mode broadcast
  std::uint64_t echo_bytes_ = 0;                 ///< queued of the frame being echoed, its header included
  std::uint64_t number_ = 0;
  std::uint64_t messages_ = 0;
  std::uint64_t payload_bytes_ = 0;
  PayloadCheck payload_check_;
  KeyWatch keys_;
  Phase phase_ = Phase::upgrading;
  Echo echo_ = Echo::none;
  bool is_slow_ = false;
  bool asks_for_rows_ = false;
};

}  // namespace ringstorm
