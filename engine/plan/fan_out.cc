#include "plan/fan_out.h"

#include <algorithm>
#include <bit>

#include <fmt/format.h>

#include "base/check.h"
#include "load/stamp.h"

namespace ringstorm {
namespace {

constexpr const char* kTopic = "fan-out";
constexpr std::uint64_t kMostFollowed = 65'536;  // on each shard, of all publishers, as far as that goes
constexpr std::uint32_t kMostFollowedEach = 4'096;
constexpr std::uint32_t kFewestFollowedEach = 16;
constexpr std::uint64_t kFollowedBytes = 16;
constexpr std::uint64_t kPairBytes = 24;
constexpr std::uint64_t kListenerBytes = 120;  // its scanner, and where its pairs are
constexpr std::uint64_t kPublisherBytes = 48;

StepForm step_of(StepForm::Kind kind, const std::string& where) {
  return {.kind = kind, .where = where};
}

std::uint16_t topic_of(const std::vector<FanOutTopic>& topics, const std::string& name) {
  const auto found = std::ranges::find(topics, name, &FanOutTopic::name);
  return found == topics.end() ? FanOut::kNoTopic : static_cast<std::uint16_t>(found - topics.begin());
}

std::vector<FanOutTopic> topics_of(std::span<const SessionForm> sessions) {
  std::vector<FanOutTopic> topics;
  for (const SessionForm& form : sessions) {
    if (!form.publishes.empty() && topic_of(topics, form.publishes) == FanOut::kNoTopic)
      topics.push_back({.name = form.publishes});
  }
  return topics;
}

/// Gives the publishers their numbers, topic by topic.
void number_publishers(FanOut& fan_out, std::span<const std::uint16_t> cast) {
  fan_out.publisher_of.assign(cast.size(), FanOut::kNobody);
  for (std::uint16_t topic = 0; topic < fan_out.topics.size(); ++topic) {
    fan_out.topics[topic].first_publisher = fan_out.publishers;
    for (std::size_t connection = 0; connection < cast.size(); ++connection) {
      fan_out.topics[topic].subscribers += fan_out.subscribes[cast[connection]] == topic;
      if (fan_out.publishes[cast[connection]] == topic)
        fan_out.publisher_of[connection] = fan_out.publishers++;
    }
    fan_out.topics[topic].publishers = fan_out.publishers - fan_out.topics[topic].first_publisher;
  }
}

}  // namespace

// The publishers begin at different times within their interval, as they would by themselves.
std::vector<SessionForm> sessions_of(const FanOutForm& form, const std::string& where) {
  RS_CHECK(form.size >= kStampBytes);
  StepForm send = step_of(StepForm::Kind::send, where);
  send.message.content = "{{stamp}}" + std::string(form.size - kStampBytes, '.');
  send.message.reply = false;
  StepForm stagger = step_of(StepForm::Kind::wait, where);
  stagger.pause = *Distribution::parse(fmt::format("uniform 0ns {}ns", form.every.count()));
  StepForm repeat = step_of(StepForm::Kind::repeat, where);
  repeat.every = form.every;
  repeat.steps = {send};
  SessionForm publisher{.name = "publisher", .count = form.publishers, .path = form.path};
  publisher.steps = {stagger, repeat};
  publisher.publishes = kTopic;
  publisher.where = where;
  SessionForm subscriber{.name = "subscriber", .count = form.subscribers, .path = form.path};
  subscriber.steps = {step_of(StepForm::Kind::listen, where)};
  subscriber.subscribes = kTopic;
  subscriber.where = where;
  return {publisher, subscriber};
}

std::uint64_t FanOut::pairs(std::span<const std::uint16_t> cast) const {
  std::uint64_t count = 0;
  for (const std::uint16_t session : cast)
    if (subscribes[session] != kNoTopic) count += topics[subscribes[session]].publishers;
  return count;
}

std::uint64_t FanOut::memory_bytes(std::span<const std::uint16_t> cast) const {
  if (!any()) return 0;
  return pairs(cast) * kPairBytes + cast.size() * kListenerBytes +
         std::uint64_t{publishers} * (kPublisherBytes + followed_each * kFollowedBytes);
}

FanOut fan_out_of(std::span<const SessionForm> sessions, const std::vector<bool>& stamps,
                  std::span<const std::uint16_t> cast) {
  FanOut fan_out;
  if (std::ranges::none_of(stamps, [](bool sends) { return sends; })) return fan_out;
  fan_out.topics = topics_of(sessions);
  for (const SessionForm& form : sessions) {
    fan_out.publishes.push_back(topic_of(fan_out.topics, form.publishes));
    fan_out.subscribes.push_back(topic_of(fan_out.topics, form.subscribes));
    fan_out.hears_stamps.push_back(fan_out.topics.empty() || !form.subscribes.empty());
  }
  number_publishers(fan_out, cast);
  if (fan_out.publishers == 0) return fan_out;
  const std::uint64_t share = std::bit_floor(kMostFollowed / fan_out.publishers + 1);
  fan_out.followed_each =
      static_cast<std::uint32_t>(std::clamp<std::uint64_t>(share, kFewestFollowedEach, kMostFollowedEach));
  return fan_out;
}

}  // namespace ringstorm
