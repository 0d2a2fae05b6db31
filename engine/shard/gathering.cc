#include "shard/gathering.h"

#include <algorithm>
#include <optional>

#include "base/check.h"

namespace ringstorm {

Gathering::Gathering(std::size_t slots, std::uint32_t buffers, std::uint32_t buffer_bytes)
    : states_(slots), buffers_(buffers, buffer_bytes), buffer_bytes_(buffer_bytes) {}

Cause Gathering::take(Slot slot, const ConnectionEvent& piece, bool looks) {
  State& state = states_[slot];
  if (piece.message_start) {
    release(slot);
    state.opcode = piece.opcode;
    if (piece.message_end) {
      state.size = piece.bytes.size();
      state.whole = piece.bytes.data();
      return Cause::none;
    }
    state.keeps = looks;
  }
  const std::uint64_t begin = state.size;
  state.size += piece.bytes.size();
  if (!state.keeps) return Cause::none;
  if (state.size > buffer_bytes_) return Cause::message_too_large_to_match;
  if (state.buffer_plus_one == 0) {
    const std::optional<BufferPool::Index> buffer = buffers_.acquire();
    if (!buffer) return Cause::no_room_to_match;
    state.buffer_plus_one = *buffer + 1;
  }
  std::copy(piece.bytes.begin(), piece.bytes.end(),
            buffers_.at(state.buffer_plus_one - 1).begin() + static_cast<std::ptrdiff_t>(begin));
  return Cause::none;
}

HeardMessage Gathering::message(Slot slot) {
  const State& state = states_[slot];
  HeardMessage message{.opcode = state.opcode, .size = state.size};
  if (state.whole != nullptr) {
    message.bytes = {state.whole, state.size};
    message.has_bytes = true;
  } else if (state.buffer_plus_one != 0) {
    message.bytes = buffers_.at(state.buffer_plus_one - 1).first(state.size);
    message.has_bytes = true;
  } else {
    message.has_bytes = state.size == 0;
  }
  return message;
}

void Gathering::release(Slot slot) {
  State& state = states_[slot];
  if (state.buffer_plus_one != 0) buffers_.release(state.buffer_plus_one - 1);
  state = {};
}

}  // namespace ringstorm
