// Messages that connections are to send back, in the order in which they came: copies in a pool of buffers
// that all connections share.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "base/lazy_array.h"
#include "codec/frame.h"
#include "io/ring.h"
#include "session/matching.h"
#include "shard/buffer_pool.h"

namespace ringstorm {

class Echoes {
 public:
  Echoes(std::size_t slots, std::uint32_t buffers, std::uint32_t buffer_bytes);

  /// False when the message is longer than a buffer, or no buffer is free.
  bool push(Slot slot, const HeardMessage& message);
  bool empty(Slot slot) const { return queues_[slot].head == 0; }
  /// The oldest one.
  std::span<const std::byte> payload(Slot slot);
  Opcode opcode(Slot slot) const { return kept_[queues_[slot].head - 1].opcode; }
  void pop(Slot slot);
  void clear(Slot slot) {
    while (!empty(slot)) pop(slot);
  }

 private:
  // Buffers are named by their index and one, so that all zeroes is an empty queue.
  struct Queue {
    std::uint32_t head = 0;
    std::uint32_t tail = 0;
  };
  struct Kept {
    std::uint32_t next = 0;
    std::uint32_t bytes = 0;
    Opcode opcode = Opcode::text;
  };

  LazyArray<Queue> queues_;
  LazyArray<Kept> kept_;  ///< of each buffer
  BufferPool buffers_;
  std::uint32_t buffer_bytes_;
};

}  // namespace ringstorm
