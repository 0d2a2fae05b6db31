#include "sim/sim_echo_peer.h"

#include <algorithm>
#include <array>
#include <utility>

#include "codec/handshake.h"

namespace ringstorm {
namespace {

constexpr DecoderRules kRules{.expect_masked = true};
constexpr DecoderRules kDeflateRules{.expect_masked = true, .allowed_rsv = kCompressedRsv};

std::string frame(Opcode opcode, std::string_view payload, bool fin = true, std::uint8_t rsv = 0) {
  std::array<std::byte, kMaxFrameHeaderBytes> header;
  const std::size_t size = encode_frame_header(
      header, {.opcode = opcode, .fin = fin, .rsv = rsv, .payload_bytes = payload.size()});
  return std::string(reinterpret_cast<const char*>(header.data()), size) + std::string(payload);
}

std::string close_frame(std::uint16_t code) {
  const char payload[] = {static_cast<char>(code >> 8), static_cast<char>(code & 0xFF)};
  return frame(Opcode::close, {payload, sizeof payload});
}

std::string in_fragments(Opcode opcode, std::string_view payload, Prng& prng) {
  std::string frames;
  for (bool last = false; !last; opcode = Opcode::continuation) {
    const std::size_t size = prng.below(payload.size() + 1);
    last = size == payload.size();
    frames += frame(opcode, payload.substr(0, size), last);
    payload.remove_prefix(size);
  }
  return frames;
}

}  // namespace

SimEchoPeer::SimEchoPeer(SimConnection& connection, const EchoPeerOptions& options, EchoPeerRecord& record)
    : connection_(connection),
      options_(options),
      record_(record),
      answers_(!chance(connection.prng(), connection.faults().peer_never_answers)),
      upgrades_(answers_ || chance(connection.prng(), 0.5)) {
  if (options.transport == nullptr) return;
  transport_ = options.transport->make();
  transport_->begin();
}

void SimEchoPeer::on_bytes(std::span<std::byte> bytes) {
  if (chance(connection_.prng(), connection_.faults().peer_stalls)) connection_.stall(milliseconds(2));
  if (transport_ != nullptr) return open(bytes);
  take(bytes);
}

void SimEchoPeer::take(std::span<std::byte> bytes) {
  if (record_.upgraded) return take_frames(bytes);
  take_head(bytes);
}

void SimEchoPeer::open(std::span<std::byte> bytes) {
  std::vector<std::byte> scratch(TransportStage::kScratchBytes);
  for (bool more = true; more;) {
    const TransportEvent event = transport_->next(bytes, scratch);
    switch (event.kind) {
      case TransportEvent::Kind::ready: break;
      case TransportEvent::Kind::plaintext:
        take(event.bytes);
        more = event.more;
        break;
      case TransportEvent::Kind::failed: record_.violation = event.failure; [[fallthrough]];
      default: more = false;
    }
  }
  say_output();
}

void SimEchoPeer::say(std::string_view bytes) {
  if (transport_ == nullptr) return connection_.send(bytes);
  const auto plain = std::as_bytes(std::span(bytes));
  std::string wire(plain.size() + plain.size() / 100 + 1'000, '\0');
  wire.resize(transport_->seal(plain, std::as_writable_bytes(std::span(wire))));
  connection_.send(wire);
}

void SimEchoPeer::say_output() {
  std::string wire(4'096, '\0');
  while (transport_->has_output()) {
    const std::size_t written = transport_->write_output(std::as_writable_bytes(std::span(wire)));
    connection_.send({wire.data(), written});
  }
}

void SimEchoPeer::finish() {
  if (transport_ != nullptr) {
    transport_->close();
    say_output();
  }
  connection_.finish();
}

void SimEchoPeer::take_head(std::span<std::byte> bytes) {
  head_.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  const ParsedUpgradeRequest request = parse_upgrade_request(head_, 8192);
  if (request.verdict == UpgradeJudgement::Verdict::need_more) return;
  if (request.verdict == UpgradeJudgement::Verdict::failed) {
    record_.violation = {Cause::malformed_head};
    return finish();
  }
  // A client may not send frames before it has the answer (RFC 6455 section 4.1).
  if (request.head_bytes != head_.size()) record_.violation = {Cause::malformed_head, 1};
  if (upgrades_) answer_upgrade(request);
}

void SimEchoPeer::answer_upgrade(const ParsedUpgradeRequest& request) {
  std::optional<DeflateAnswer> agreed;
  if (options_.deflate) agreed = answer_deflate_offers(request.extensions[0], *options_.deflate);
  if (agreed) {
    deflate_service_ = std::make_unique<DeflateService>(*options_.deflate, 1);
    deflate_ = std::make_unique<DeflatedConnection>(agreed->agreement, true);
  }
  const std::string answer = upgrade_response(request.key, "", agreed ? agreed->text : "");
  if (misbehave(answer)) return;
  if (chance(connection_.prng(), connection_.faults().peer_refuses)) {
    record_.misbehaved = true;
    say(refusal_response(403));
    return finish();
  }
  record_.upgraded = true;
  say(answer);
}

void SimEchoPeer::take_frames(std::span<std::byte> bytes) {
  for (const Receiving receiving = this->receiving();;) {
    const DecoderEvent event = receiving.next(decoder_, bytes);
    switch (event.kind) {
      case DecoderEvent::Kind::need_more: return;
      case DecoderEvent::Kind::data:
        message_.append(reinterpret_cast<const char*>(event.bytes.data()), event.bytes.size());
        if (event.message_end) on_message(event.opcode, event.rsv != 0);
        break;
      case DecoderEvent::Kind::ping:
        reply_pong({reinterpret_cast<const char*>(event.bytes.data()), event.bytes.size()});
        break;
      case DecoderEvent::Kind::pong: ++record_.pongs; break;
      case DecoderEvent::Kind::close: return on_close_frame(event.close_code);
      case DecoderEvent::Kind::violation: record_.violation = event.violation; return connection_.reset();
    }
  }
}

Receiving SimEchoPeer::receiving() {
  if (!deflate_) return kRules;
  return deflate_->receiving(kDeflateRules, *deflate_service_, tally_);
}

// In pieces, as a server would that compresses while a message still comes in.
std::string SimEchoPeer::compressed(Opcode opcode, std::string answer) {
  std::string frames;
  std::span<std::byte> left = std::as_writable_bytes(std::span(answer));
  DecoderEvent piece{.kind = DecoderEvent::Kind::data, .opcode = opcode, .message_start = true};
  while (!piece.message_end) {
    const std::size_t size = connection_.prng().below(left.size() + 1);
    piece.message_end = size == left.size();
    piece.bytes = left.first(size);
    left = left.subspan(size);
    deflate_->echo(piece, *deflate_service_, tally_, [&](const DecoderEvent& made) {
      const std::string_view payload(reinterpret_cast<const char*>(made.bytes.data()), made.bytes.size());
      frames += made.message_start ? frame(opcode, payload, made.frame_fin, made.rsv)
                                   : frame(Opcode::continuation, payload, made.frame_fin);
    });
    piece.message_start = false;
  }
  return frames;
}

void SimEchoPeer::on_message(Opcode opcode, bool was_compressed) {
  ++record_.messages;
  record_.payload_bytes += message_.size();
  if (message_ != options_.expected_payload) ++record_.wrong_messages;
  std::string answer = std::exchange(message_, {});
  if (!options_.echoes) return;
  Prng& prng = connection_.prng();
  const SimFaults& faults = connection_.faults();
  std::string frames;
  if (chance(prng, faults.peer_pings)) {
    ++record_.pings;
    frames = frame(Opcode::ping, std::string_view("are you there").substr(0, prng.below(14)));
  }
  if (was_compressed) {
    frames += compressed(opcode, std::move(answer));
  } else {
    frames +=
        chance(prng, faults.peer_fragments) ? in_fragments(opcode, answer, prng) : frame(opcode, answer);
  }
  reply(std::move(frames));
}

void SimEchoPeer::reply(std::string frames) {
  in_order([this, frames = std::move(frames)] {
    if (closing_ || misbehave(frames)) return;
    ++record_.replies;
    say(frames);
  });
}

void SimEchoPeer::reply_pong(std::string_view payload) {
  in_order([this, pong = frame(Opcode::pong, payload)] {
    if (closing_ || misbehave(pong)) return;
    ++record_.client_pings;
    connection_.send(pong);
  });
}

// True when the reply became something else.
bool SimEchoPeer::misbehave(std::string_view about_to_send) {
  Prng& prng = connection_.prng();
  const SimFaults& faults = connection_.faults();
  const bool resets = chance(prng, faults.peer_resets);
  const bool ends = chance(prng, faults.peer_ends);
  const bool violates = chance(prng, faults.peer_violates);
  const bool closes = record_.upgraded && chance(prng, faults.peer_closes);
  if (!resets && !ends && !violates && !closes) return false;
  record_.misbehaved = true;
  if (closes) {
    closing_ = true;
    say(close_frame(close_code::going_away));
  } else if (violates) {
    say("\xC1 reserved bits, and no HTTP either");
  } else {
    say(about_to_send.substr(0, prng.below(about_to_send.size())));
    resets ? connection_.reset() : finish();
  }
  return true;
}

// The close is answered behind the replies that are due, and the server closes TCP first (RFC 6455
// section 7.1.1).
void SimEchoPeer::on_close_frame(std::uint16_t code) {
  record_.close_code = code;
  in_order([this, code] {
    if (!std::exchange(closing_, true) && !misbehave(close_frame(code))) say(close_frame(code));
    connection_.later(between(connection_.prng(), Duration{0}, options_.most_think), [this] { finish(); });
  });
}

void SimEchoPeer::in_order(std::function<void()> action) {
  const Duration think = between(connection_.prng(), options_.least_think, options_.most_think);
  busy_until_ = std::max(busy_until_, connection_.now() + think);
  if (answers_) connection_.later(busy_until_ - connection_.now(), std::move(action));
}

}  // namespace ringstorm
