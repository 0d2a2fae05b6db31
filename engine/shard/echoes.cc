#include "shard/echoes.h"

#include <algorithm>
#include <optional>

namespace ringstorm {

Echoes::Echoes(std::size_t slots, std::uint32_t buffers, std::uint32_t buffer_bytes)
    : queues_(slots), kept_(buffers), buffers_(buffers, buffer_bytes), buffer_bytes_(buffer_bytes) {}

bool Echoes::push(Slot slot, const HeardMessage& message) {
  if (message.bytes.size() > buffer_bytes_) return false;
  const std::optional<BufferPool::Index> buffer = buffers_.acquire();
  if (!buffer) return false;
  std::copy(message.bytes.begin(), message.bytes.end(), buffers_.at(*buffer).begin());
  kept_[*buffer] = {
      .next = 0, .bytes = static_cast<std::uint32_t>(message.bytes.size()), .opcode = message.opcode};
  Queue& queue = queues_[slot];
  if (queue.head == 0) {
    queue.head = *buffer + 1;
  } else {
    kept_[queue.tail - 1].next = *buffer + 1;
  }
  queue.tail = *buffer + 1;
  return true;
}

std::span<const std::byte> Echoes::payload(Slot slot) {
  const std::uint32_t buffer = queues_[slot].head - 1;
  return buffers_.at(buffer).first(kept_[buffer].bytes);
}

void Echoes::pop(Slot slot) {
  Queue& queue = queues_[slot];
  const std::uint32_t buffer = queue.head - 1;
  queue.head = kept_[buffer].next;
  buffers_.release(buffer);
}

}  // namespace ringstorm
