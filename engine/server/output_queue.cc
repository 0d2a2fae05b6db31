#include "server/output_queue.h"

#include <algorithm>
#include <utility>

#include "base/check.h"

namespace ringstorm {

void OutputQueue::append_with_more_room(std::span<const std::byte> bytes, BlockPool& pool) {
  while (!bytes.empty()) {
    Block& block = writable(bytes.size(), pool);
    const std::size_t count = std::min(block.room(), bytes.size());
    write(block, bytes.first(count));
    bytes = bytes.subspan(count);
  }
}

// Small blocks stand first in the queue, or second behind one that is being sent; grow_tail() relies on it.
Block& OutputQueue::writable(std::size_t wanted, BlockPool& pool) {
  if (!tail_is_open()) return add(wanted > BlockPool::kSmallBytes ? pool.take_large() : pool.take_small());
  if (tail_->room() >= wanted) return *tail_;
  if (tail_->capacity < BlockPool::kLargeBytes) return grow_tail(pool);
  return tail_->room() > 0 ? *tail_ : add(pool.take_large());
}

Block& OutputQueue::add(Block* block) {
  (tail_ == nullptr ? front_ : tail_->next) = block;
  tail_ = block;
  return *block;
}

// Copying a small block costs far less than the send it saves.
Block& OutputQueue::grow_tail(BlockPool& pool) {
  Block* small = tail_;
  Block* large = pool.take_large();
  large->end = static_cast<std::uint32_t>(small->size());
  std::memcpy(large->data(), small->data() + small->begin, small->size());
  if (front_ == small) {
    front_ = large;
  } else {
    RS_CHECK(front_->next == small);
    front_->next = large;
  }
  tail_ = large;
  pool.give_back(small);
  return *large;
}

bool OutputQueue::take_back(std::uint64_t bytes, BlockPool& pool) {
  if (bytes > bytes_ - sending_bytes_) return false;
  if (bytes == bytes_) {
    clear(pool);
    return true;
  }
  bytes_ -= bytes;
  std::uint64_t kept = bytes_;
  Block* last = front_;
  for (; kept > last->size(); last = last->next) kept -= last->size();
  last->end = last->begin + static_cast<std::uint32_t>(kept);
  tail_ = last;
  for (Block* block = std::exchange(last->next, nullptr); block != nullptr;)
    pool.give_back(std::exchange(block, block->next));
  return true;
}

std::span<const std::byte> OutputQueue::start_send(std::uint64_t held_back, std::uint64_t most) {
  RS_DCHECK(held_back <= bytes_);
  if (sending() || bytes_ == held_back) return {};
  sending_bytes_ =
      static_cast<std::uint32_t>(std::min<std::uint64_t>({front_->size(), bytes_ - held_back, most}));
  return {front_->data() + front_->begin, sending_bytes_};
}

std::size_t OutputQueue::finish_send(BlockPool& pool) {
  RS_CHECK(sending());
  const std::uint32_t sent = std::exchange(sending_bytes_, 0);
  bytes_ -= sent;
  front_->begin += sent;
  if (front_->size() > 0) return sent;
  Block* done = front_;
  front_ = done->next;
  if (front_ == nullptr) tail_ = nullptr;
  pool.give_back(done);
  return sent;
}

void OutputQueue::clear(BlockPool& pool) {
  while (front_ != nullptr) pool.give_back(std::exchange(front_, front_->next));
  tail_ = nullptr;
  bytes_ = 0;
  sending_bytes_ = 0;
}

}  // namespace ringstorm
