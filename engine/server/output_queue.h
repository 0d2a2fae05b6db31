// What one connection has not sent yet, in order. Bytes are copied in once and leave as few, long sends:
// everything written between two sends comes to lie in one block where it fits.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <span>

#include "server/block_pool.h"

namespace ringstorm {

/// Holds blocks of `pool`, always the same one; call clear() before it goes.
class OutputQueue {
 public:
  OutputQueue() = default;
  OutputQueue(const OutputQueue&) = delete;
  OutputQueue& operator=(const OutputQueue&) = delete;

  bool empty() const { return bytes_ == 0; }
  /// Everything not sent yet, including what is being sent.
  std::uint64_t bytes() const { return bytes_; }
  bool sending() const { return sending_bytes_ != 0; }

  void append(std::span<const std::byte> bytes, BlockPool& pool) {
    if (bytes.empty()) return;
    if (!tail_is_open() || tail_->room() < bytes.size()) return append_with_more_room(bytes, pool);
    write(*tail_, bytes);
  }

  /// Takes back the last `bytes` bytes when none of them is being sent or has been; otherwise false, and
  /// nothing changes.
  bool take_back(std::uint64_t bytes, BlockPool& pool);

  /// The next bytes to send, at most `most` and none of the last `held_back`; they stay where they are until
  /// finish_send(). Empty when there are none or a send is under way.
  std::span<const std::byte> start_send(std::uint64_t held_back,
                                        std::uint64_t most = std::numeric_limits<std::uint64_t>::max());
  /// Everything that start_send() gave has been sent; returns how much that was.
  std::size_t finish_send(BlockPool& pool);

  void clear(BlockPool& pool);

 private:
  // A block that is being sent takes no more: the bytes behind it gather in the next one and leave with one
  // send.
  bool tail_is_open() const { return tail_ != nullptr && (tail_ != front_ || !sending()); }
  void append_with_more_room(std::span<const std::byte> bytes, BlockPool& pool);
  Block& writable(std::size_t wanted, BlockPool& pool);
  Block& add(Block* block);
  Block& grow_tail(BlockPool& pool);
  void write(Block& block, std::span<const std::byte> bytes) {
    std::memcpy(block.data() + block.end, bytes.data(), bytes.size());
    block.end += static_cast<std::uint32_t>(bytes.size());
    bytes_ += bytes.size();
  }

  Block* front_ = nullptr;
  Block* tail_ = nullptr;
  std::uint64_t bytes_ = 0;
  std::uint32_t sending_bytes_ = 0;  ///< of the front block
};

}  // namespace ringstorm
