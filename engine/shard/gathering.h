// Makes whole messages of the pieces they arrive in. Nearly all come in one piece and are handed on where
// they are; the bytes of the others are kept only when somebody will look at them, in a bounded pool.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/cause.h"
#include "base/lazy_array.h"
#include "connection/connection.h"
#include "io/ring.h"
#include "session/matching.h"
#include "shard/buffer_pool.h"

namespace ringstorm {

class Gathering {
 public:
  Gathering(std::size_t slots, std::uint32_t buffers, std::uint32_t buffer_bytes);

  /// Takes a piece of the slot's message, whose bytes are kept when `looks` is true at its first piece. A
  /// cause when they cannot be: the message is longer than a buffer, or no buffer is free.
  Cause take(Slot slot, const ConnectionEvent& piece, bool looks);
  /// The message whose last piece was taken, valid until the next call.
  HeardMessage message(Slot slot);
  /// The message is dealt with, or will never be whole.
  void release(Slot slot);

 private:
  static constexpr std::uint32_t kNone = ~std::uint32_t{0};

  struct State {
    std::uint64_t size = 0;
    const std::byte* whole = nullptr;   ///< the message came in one piece, and stands there
    std::uint32_t buffer_plus_one = 0;  ///< 0: none
    Opcode opcode = Opcode::text;
    bool keeps = false;
  };

  LazyArray<State> states_;
  BufferPool buffers_;
  std::uint32_t buffer_bytes_;
};

}  // namespace ringstorm
