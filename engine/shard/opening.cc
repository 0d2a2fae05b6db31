#include "shard/opening.h"

#include <algorithm>

#include "load/share.h"

namespace ringstorm {
namespace {

// A SYN without an answer is sent again after a second (RFC 6298 section 2), which is when Linux does it too.
constexpr Duration kFirstRetry = seconds(1);

// A shard's share of the openings that may be in progress at once.
std::size_t attempts_of(const Plan& plan, std::uint32_t shard) {
  const std::uint64_t parts = plan.segments.size();
  const std::uint64_t in_all = plan.scenario.max_opening;
  const std::uint64_t share = cut(in_all, shard + 1, parts) - cut(in_all, shard, parts);
  return std::clamp<std::uint64_t>(share, 1, plan.segments[shard].connections);
}

// A record of TLS: an alert, or a piece of a handshake (RFC 8446 5.1). A server that expects TLS answers a
// plain request so.
bool is_tls(std::string_view answer) {
  constexpr char kAlert = 21, kHandshake = 22;
  return answer.size() >= 2 && (answer[0] == kAlert || answer[0] == kHandshake) && answer[1] == 3;
}

}  // namespace

Opening::Opening(const Plan& plan, std::uint32_t shard, Slices& slices, LaneTimeouts& timeouts)
    : staged_(!plan.route.empty()),
      proxied_(plan.proxy.has_value()),
      plan_(plan),
      first_connection_(plan.segments[shard].first_connection),
      request_(plan.upgrade),
      slices_(slices),
      timeouts_(timeouts),
      attempts_(attempts_of(plan, shard), plan.scenario.max_head_bytes),
      cookies_(plan, plan.segments[shard].connections) {
  for (const UpgradeRequest& request : plan.session_upgrades) session_requests_.emplace_back(request);
}

void Opening::begin(Slot slot, Lane& lane, Instant now) {
  lane.attempt = attempts_.acquire();
  lane.connection.begin_connect();
  lane.state_since = now;
  timeouts_.set_connecting(slot, now);
}

void Opening::connected(Slot slot, Lane& lane, Instant now) {
  measured().connect.record(now - lane.state_since);
  measured().counters.connects_retried += now - lane.state_since >= kFirstRetry;
  lane.connection.connected();
  lane.state_since = now;
  if (proxied_) return timeouts_.set_proxying(slot, now);
  if (staged_) timeouts_.set_establishing(slot, now);
}

void Opening::stage_open(Slot slot, Lane& lane, TransportPhase phase, Instant now) {
  Histogram& histogram = phase == TransportPhase::tls ? measured().tls : measured().proxy;
  histogram.record(now - lane.state_since);
  lane.state_since = now;
  timeouts_.set_establishing(slot, now);
}

void Opening::transport_open(Slot slot, Lane& lane, SecureRandom& random, Instant now) {
  lane.connection.established();
  lane.state_since = now;
  lane.request_due = true;
  attempts_[lane.attempt].begin(random);
  timeouts_.set_upgrading(slot, now);
}

std::size_t Opening::write_request(Slot slot, Lane& lane, std::span<std::byte> room) {
  const UpgradeRequestTemplate& request =
      plan_.cast.empty() ? request_ : session_requests_[plan_.cast[first_connection_ + slot]];
  request.write(room, attempts_[lane.attempt].key());
  lane.request_due = false;
  return cookies_.kept() ? cookies_.add_to(slot, room, request.size(), asked(slot).target) : request.size();
}

UpgradeJudgement Opening::take_answer(Slot slot, Lane& lane, std::span<std::byte>& bytes, Instant now) {
  const UpgradeRequest& request = asked(slot);
  UpgradeJudgement judgement = attempts_[lane.attempt].take(bytes, request.subprotocols,
                                                            request.deflate ? &*request.deflate : nullptr);
  if (judgement.failure.cause == Cause::malformed_head && is_tls(attempts_[lane.attempt].answer()))
    judgement.failure = {Cause::tls_answered};
  if (judgement.verdict == UpgradeJudgement::Verdict::accepted) {
    measured().upgrade.record(now - lane.state_since);
    lane.connection.upgraded();
    if (cookies_.kept()) cookies_.take(slot, attempts_[lane.attempt].answer(), request.target);
    over(lane);
  }
  return judgement;
}

Failure Opening::cut_short(const Lane& lane, Failure failure) {
  const bool closed =
      failure.cause == Cause::connection_closed || failure.cause == Cause::ended_without_close_notify;
  const bool upgrading = lane.connection.state() == ConnectionState::upgrading;
  return closed && upgrading ? Failure{Cause::upgrade_closed} : failure;
}

void Opening::over(Lane& lane) {
  attempts_.release(lane.attempt);
  lane.attempt = Lane::kNone;
  lane.request_due = false;
}

}  // namespace ringstorm
