// Which source address, source port and target each connection of a shard has. Where the kernel chooses the
// source, it only says the target.
#pragma once

#include <cstdint>

#include "base/fifo.h"
#include "base/lazy_array.h"
#include "io/address.h"
#include "io/ring.h"
#include "plan/plan.h"
#include "shard/target_addresses.h"

namespace ringstorm {

struct Way {
  const SocketAddress& target;
  const SocketAddress* source = nullptr;  ///< null: the kernel chooses; valid until the next take()
};

/// Takes places among the run's endpoints in order, those of this shard alone, and a place that was given
/// back only when none is fresh any more, the one longest unused first: what its last connection left in the
/// kernel (TIME-WAIT) has had the longest time to go.
class EndpointPool {
 public:
  /// Of one of `shards`, the `shard`-th, whose connections of the run's `connections` are the `size` from
  /// `first` on.
  struct Part {
    std::uint64_t shard = 0;
    std::uint64_t shards = 1;
    std::uint64_t first = 0;
    std::uint32_t size = 0;
    std::uint64_t connections = 0;
  };
  EndpointPool(const TargetAddresses& targets, const Part& part);
  static Part part_of(const Plan& plan, std::uint32_t shard);

  /// For a slot that holds none. There are places enough: the plan has counted them.
  Way take(Slot slot);
  void give_back(Slot slot);

 private:
  std::uint64_t number_of(std::uint32_t place) const;

  const TargetAddresses& targets_;
  Part part_;
  std::uint32_t places_;
  std::uint32_t fresh_ = 0;
  LazyArray<std::uint32_t> taken_;  ///< by slot
  Fifo<std::uint32_t> vacated_;
  SocketAddress source_;
};

}  // namespace ringstorm
