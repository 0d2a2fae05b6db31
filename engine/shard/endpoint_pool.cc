#include "shard/endpoint_pool.h"

#include <algorithm>

#include "load/share.h"

namespace ringstorm {
namespace {

// Places beside one for each slot: as many times the slots may wait for the kernel to forget them.
constexpr std::uint64_t kMostSpare = 3;

std::uint32_t count_places(const TargetAddresses& targets, const EndpointPool::Part& part) {
  if (!targets.sources()) return 0;
  RS_CHECK(targets.endpoints() >= part.connections);
  const std::uint64_t spare = targets.endpoints() - part.connections;
  const std::uint64_t ours = cut(spare, part.shard + 1, part.shards) - cut(spare, part.shard, part.shards);
  return static_cast<std::uint32_t>(part.size + std::min(ours, kMostSpare * part.size));
}

}  // namespace

EndpointPool::Part EndpointPool::part_of(const Plan& plan, std::uint32_t shard) {
  const Segment& segment = plan.segments[shard];
  return {.shard = shard,
          .shards = plan.segments.size(),
          .first = segment.first_connection,
          .size = static_cast<std::uint32_t>(segment.connections),
          .connections = plan.load.most_connections};
}

EndpointPool::EndpointPool(const TargetAddresses& targets, const Part& part)
    : targets_(targets),
      part_(part),
      places_(count_places(targets, part)),
      taken_(targets.sources() ? part.size : 0),
      vacated_(places_) {}

// Every connection has the place of its own number first; those beyond are cut among the shards.
std::uint64_t EndpointPool::number_of(std::uint32_t place) const {
  if (place < part_.size) return part_.first + place;
  const std::uint64_t spare = targets_.endpoints() - part_.connections;
  return part_.connections + cut(spare, part_.shard, part_.shards) + (place - part_.size);
}

Way EndpointPool::take(Slot slot) {
  if (!targets_.sources()) return {.target = targets_.of(part_.first + slot)};
  const std::uint32_t place = fresh_ < places_ ? fresh_++ : vacated_.pop();
  taken_[slot] = place;
  const Endpoints ends = targets_.endpoints_at(number_of(place));
  source_ = targets_.source_at(ends);
  return {.target = targets_.all()[ends.target], .source = &source_};
}

void EndpointPool::give_back(Slot slot) {
  if (targets_.sources()) vacated_.push(taken_[slot]);
}

}  // namespace ringstorm
