#include "server/connection.h"

#include <algorithm>
#include <array>
#include <utility>

#include "codec/frame.h"
#include "codec/handshake.h"

namespace ringstorm {
namespace {

constexpr std::size_t kMaxHeadBytes = std::size_t{16} * 1024;
constexpr std::size_t kMaxHeldBytes = BlockPool::kSmallBytes;
constexpr std::uint16_t kAbnormalClosure = 1006;  // RFC 6455 section 7.4.1: never on the wire

using Verdict = UpgradeJudgement::Verdict;

std::string_view as_text(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// The requests that are answered with the server's counts; they need no more than their first line.
constexpr std::string_view kAskCounts = "GET /.counts HTTP/1.";
constexpr std::string_view kAskRows = "GET /.counts?connections HTTP/1.";

std::string_view first_offered(std::string_view subprotocols) {
  return subprotocols.substr(0, subprotocols.find_first_of(", \t"));
}

}  // namespace

void ServerConnection::receive(std::span<std::byte> bytes, ServerContext& context) {
  if (phase_ == Phase::upgrading) bytes = take_head(bytes, context);
  release_due(context);
  for (const Receiving receiving = this->receiving(context); takes_frames();) {
    const DecoderEvent event = receiving.next(decoder_, bytes);
    switch (event.kind) {
      case DecoderEvent::Kind::need_more: return;
      case DecoderEvent::Kind::data: take_data(event, context); break;
      case DecoderEvent::Kind::ping:
        ++context.counts.pings;
        watch_key(context);
        if (phase_ == Phase::open) send_control(Opcode::pong, event.bytes, context);
        break;
      case DecoderEvent::Kind::pong: watch_key(context); break;
      case DecoderEvent::Kind::close: watch_key(context); return take_close(event.close_code, context);
      case DecoderEvent::Kind::violation: return fail(event.violation.cause, context);
    }
  }
}

// What stands behind the head, when it is complete, is frames. A head in pieces is judged again only with a
// new line, so that one sent byte by byte does not cost its length squared.
std::span<std::byte> ServerConnection::take_head(std::span<std::byte> bytes, ServerContext& context) {
  if (!head_) {
    const std::size_t used = judge_head(as_text(bytes), context);
    if (phase_ != Phase::upgrading) return bytes.subspan(used);
    head_ = std::make_unique<std::string>(as_text(bytes));
    return {};
  }
  const std::size_t before = head_->size();
  const std::string_view more = as_text(bytes).substr(0, kMaxHeadBytes - before);
  head_->append(more);
  if (head_->size() < kMaxHeadBytes && more.find('\n') == std::string_view::npos) return {};
  const std::size_t used = judge_head(*head_, context);
  if (phase_ == Phase::upgrading) return {};
  head_.reset();
  return bytes.subspan(phase_ == Phase::open ? used - before : bytes.size());
}

// Answers a complete head and leaves the phase upgrading; how long the head is.
std::size_t ServerConnection::judge_head(std::string_view head, ServerContext& context) {
  const ParsedUpgradeRequest request = parse_upgrade_request(head, kMaxHeadBytes);
  if (request.verdict == Verdict::need_more) return 0;
  if (request.verdict == Verdict::accepted) {
    accept_upgrade(request, context);
  } else if (head.starts_with(kAskCounts) || head.starts_with(kAskRows)) {
    ++context.counts.counts_asked;
    asks_for_rows_ = head.starts_with(kAskRows);
    phase_ = Phase::asking;
  } else {
    refuse(request.refuse_with, context);
  }
  return request.head_bytes;
}

void ServerConnection::accept_upgrade(const ParsedUpgradeRequest& request, ServerContext& context) {
  std::optional<DeflateAnswer> answer;
  for (const std::string_view offers : request.extensions) {
    if (context.deflate == nullptr || answer) break;
    answer = answer_deflate_offers(offers, context.deflate->terms);
  }
  send_text(upgrade_response(request.key, first_offered(request.subprotocols),
                             answer ? std::string_view(answer->text) : std::string_view{}),
            context);
  if (context.mode == ServerMode::broadcast) voice_ = std::make_unique<RoomVoice>(request.target);
  begin_messages(context);
  if (answer) begin_deflate(answer->agreement, context);
}

void ServerConnection::begin_deflate(const DeflateAgreement& agreement, ServerContext& context) {
  ++context.counts.deflate_connections;
  deflate_ = std::make_unique<DeflatedConnection>(agreement, faults_ == nullptr);
}

Receiving ServerConnection::receiving(ServerContext& context) {
  if (deflate_ == nullptr) return context.rules;
  return deflate_->receiving(context.deflate_rules, *context.deflate, context.counts.deflated_in);
}

void ServerConnection::refuse(int status, ServerContext& context) {
  ++context.counts.upgrades_refused;
  send_text(refusal_response(status), context);
  phase_ = Phase::failing;
}

void ServerConnection::begin_messages(ServerContext& context) {
  ++context.counts.upgraded;
  ++context.counts.open;
  phase_ = Phase::open;
  number_ = context.next_number;
  context.next_number += context.number_step;
  if (context.laboratory == nullptr) return;
  context.laboratory->begin_clock(context.now);
  const FaultPlan& plan = context.laboratory->plan();
  const ConnectionFaults faults(plan, context.laboratory->seed(), number_);
  is_slow_ = faults.reads_slowly();
  context.counts.faults.slow_connections += is_slow_;
  if (context.mode == ServerMode::echo && plan.touches_replies())
    faults_ = std::make_unique<FaultyReplies>(faults);
}

void ServerConnection::take_data(const DecoderEvent& event, ServerContext& context) {
  context.counts.payload_bytes += event.bytes.size();
  context.counts.messages += event.message_end;
  payload_bytes_ += event.bytes.size();
  messages_ += event.message_end;
  if (event.frame_start) watch_key(context);
  if (context.expected != nullptr) check_payload(event, context);
  if (voice_ != nullptr && phase_ == Phase::open) voice_->take(event, context.said);
  if (context.mode != ServerMode::echo || phase_ != Phase::open) return;
  if (event.rsv == 0) return reply(event, context);
  deflate_->echo(event, *context.deflate, context.counts.deflated_out,
                 [&](const DecoderEvent& frame) { reply(frame, context); });
}

void ServerConnection::reply(const DecoderEvent& event, ServerContext& context) {
  if (faults_ == nullptr) return echo(event, context);
  faults_->take(event, context.now, context.pool, context.counts.faults);
  release_due(context);
}

void ServerConnection::check_payload(const DecoderEvent& event, ServerContext& context) {
  if (event.message_start) payload_check_.begin_message();
  payload_check_.take(event.bytes, *context.expected);
  if (event.message_end) context.counts.wrong_payloads += !payload_check_.message_is_right(*context.expected);
}

void ServerConnection::watch_key(ServerContext& context) {
  const MaskKey key = decoder_.mask_key();
  const bool repeated = keys_.repeats(key);
  if (key.wire != 0 && !repeated) [[likely]]
    return;
  context.counts.zero_mask_keys += key.wire == 0;
  context.counts.repeated_mask_keys += repeated;
}

void ServerConnection::echo(const DecoderEvent& event, ServerContext& context) {
  if (event.frame_start) begin_echo(event, context);
  output_.append(event.bytes, context.pool);
  echo_bytes_ += event.bytes.size();
  if (event.frame_end) echo_ = Echo::none;
}

void ServerConnection::begin_echo(const DecoderEvent& event, ServerContext& context) {
  std::array<std::byte, kMaxFrameHeaderBytes> header;
  const std::size_t size =
      encode_frame_header(header, {.opcode = event.message_start ? event.opcode : Opcode::continuation,
                                   .fin = event.frame_fin,
                                   .rsv = event.message_start ? event.rsv : std::uint8_t{0},
                                   .payload_bytes = event.frame_bytes});
  output_.append(std::span(header).first(size), context.pool);
  echo_bytes_ = size;
  const bool holds = event.opcode == Opcode::text && event.frame_bytes <= kMaxHeldBytes - size;
  echo_ = holds ? Echo::held : Echo::streaming;
}

void ServerConnection::take_close(std::uint16_t code, ServerContext& context) {
  if (phase_ == Phase::open) send_close(code, context);
  count_end(code, context);
  phase_ = Phase::leaving;
}

void ServerConnection::fail(Cause violation, ServerContext& context) {
  const std::uint16_t code = close_code_for(violation);
  ++context.counts.violations[violation];
  count_end(code, context);
  if (phase_ == Phase::open) send_close(code, context);
  phase_ = Phase::failing;
}

void ServerConnection::receive_end(bool clean, bool is_owed, ServerContext& context) {
  if (phase_ == Phase::finished || phase_ == Phase::closed) return;
  release_due(context);
  // A client that has only stopped sending gets what it is owed; half an echo is not.
  cut_echo_short(context);
  if (clean && phase_ == Phase::asking) return;
  const bool has_all = output_.empty() && !is_owed;
  if (!clean || has_all || phase_ == Phase::upgrading) return give_up(context);
  if (takes_frames()) count_end(kAbnormalClosure, context);
  phase_ = Phase::leaving;
}

std::span<const std::byte> ServerConnection::start_send(std::size_t most) {
  return output_.start_send(echo_ == Echo::held ? echo_bytes_ : 0, most);
}

std::size_t ServerConnection::finish_send(ServerContext& context) {
  return output_.finish_send(context.pool);
}

void ServerConnection::output_is_out() {
  if (phase_ == Phase::leaving) phase_ = Phase::finished;
  if (phase_ == Phase::failing) phase_ = Phase::lingering;
}

void ServerConnection::release_waiting(ServerContext& context) {
  if (phase_ != Phase::open) return;
  const auto outcome = faults_->release(context.now, output_, context.pool, context.counts.faults);
  if (outcome == FaultyReplies::Outcome::goes_on) return;
  abandon_waiting(context);
  count_end(kAbnormalClosure, context);
  phase_ = Phase::resetting;
}

void ServerConnection::abandon_waiting(ServerContext& context) {
  if (faults_ != nullptr) faults_->abandon(context.pool, context.counts.faults);
}

void ServerConnection::answer(std::string_view json, ServerContext& context) {
  send_text("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: " +
                std::to_string(json.size() + 1) + "\r\n\r\n",
            context);
  send_text(json, context);
  send_text("\n", context);
  phase_ = Phase::leaving;
}

void ServerConnection::release(ServerContext& context) {
  abandon_waiting(context);
  output_.clear(context.pool);
  if (deflate_ != nullptr) deflate_->release(*context.deflate);
  deflate_.reset();
}

void ServerConnection::go_away(ServerContext& context) {
  if (phase_ == Phase::upgrading || phase_ == Phase::asking) return give_up(context);
  if (phase_ == Phase::open && send_close(close_code::going_away, context)) phase_ = Phase::closing;
}

void ServerConnection::give_up(ServerContext& context) {
  if (phase_ == Phase::finished || phase_ == Phase::closed) return;
  count_abandoned(context);
  phase_ = Phase::finished;
}

void ServerConnection::break_off(ServerContext& context) {
  if (phase_ == Phase::finished || phase_ == Phase::closed) return;
  count_abandoned(context);
  output_.clear(context.pool);
  phase_ = Phase::failing;
}

void ServerConnection::count_abandoned(ServerContext& context) {
  if (phase_ == Phase::upgrading) ++context.counts.upgrades_abandoned;
  if (takes_frames()) count_end(kAbnormalClosure, context);
  abandon_waiting(context);
}

void ServerConnection::send_control(Opcode opcode, std::span<const std::byte> payload,
                                    ServerContext& context) {
  std::array<std::byte, kMaxFrameHeaderBytes> header;
  const std::size_t size = encode_frame_header(header, {.opcode = opcode, .payload_bytes = payload.size()});
  output_.append(std::span(header).first(size), context.pool);
  output_.append(payload, context.pool);
}

// False when half a frame is already on its way to the client, who would take the Close for the rest of it.
bool ServerConnection::send_close(std::uint16_t code, ServerContext& context) {
  if (!cut_echo_short(context)) return false;
  const std::array payload{static_cast<std::byte>(code >> 8), static_cast<std::byte>(code & 0xFF)};
  send_control(Opcode::close, std::span(payload).first(code == close_code::none_received ? 0 : 2), context);
  return true;
}

// Takes back an echo that has begun and will not be completed, as long as nothing of it has gone out; and,
// with a fault plan, whatever still waits: it is not sent after a Close, nor to a client that has ended.
bool ServerConnection::cut_echo_short(ServerContext& context) {
  abandon_waiting(context);
  if (echo_ != Echo::none && !output_.take_back(echo_bytes_, context.pool)) return false;
  echo_ = Echo::none;
  return true;
}

void ServerConnection::send_text(std::string_view text, ServerContext& context) {
  output_.append(std::as_bytes(std::span(text)), context.pool);
}

void ServerConnection::count_end(std::uint16_t code, ServerContext& context) {
  --context.counts.open;
  ++context.counts.closes[code];
  ConnectionRow ended = row();
  ended.close_code = code;
  context.ended.add(ended);
}

}  // namespace ringstorm
