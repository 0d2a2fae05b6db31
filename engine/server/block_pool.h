// The memory that unsent output lies in: blocks of two sizes, kept for reuse, so that echoing a message asks
// the heap for nothing once the server is warm. A connection holds blocks only while it has something unsent.
#pragma once

#include <cstddef>
#include <cstdint>

namespace ringstorm {

/// This header, then `capacity` bytes.
struct Block {
  Block* next = nullptr;
  std::uint32_t begin = 0;  ///< the first byte that has not been sent
  std::uint32_t end = 0;    ///< behind the last byte written
  std::uint32_t capacity = 0;

  std::byte* data() { return reinterpret_cast<std::byte*>(this + 1); }
  std::size_t size() const { return end - begin; }
  std::size_t room() const { return capacity - end; }
};

/// Not thread-safe: one per shard. Every block must be back before the pool goes.
class BlockPool {
 public:
  // A small one holds a turn's output of a connection with small messages; a large one makes streaming cheap,
  // because one send takes one block.
  static constexpr std::size_t kSmallBytes = std::size_t{4} * 1024 - sizeof(Block);
  static constexpr std::size_t kLargeBytes = std::size_t{64} * 1024 - sizeof(Block);

  BlockPool() = default;
  BlockPool(const BlockPool&) = delete;
  BlockPool& operator=(const BlockPool&) = delete;
  ~BlockPool();

  Block* take_small() { return take(small_, kSmallBytes); }
  Block* take_large() { return take(large_, kLargeBytes); }
  void give_back(Block* block);

  std::uint64_t bytes_in_use() const { return bytes_in_use_; }
  std::uint64_t peak_bytes_in_use() const { return peak_bytes_in_use_; }

 private:
  struct Shelf {
    Block* first = nullptr;
    std::size_t blocks = 0;
    std::size_t most_blocks;  ///< more than these go back to the heap
  };

  Block* take(Shelf& shelf, std::size_t capacity);

  Shelf small_{.most_blocks = 4096};
  Shelf large_{.most_blocks = 128};
  std::uint64_t bytes_in_use_ = 0;
  std::uint64_t peak_bytes_in_use_ = 0;
};

}  // namespace ringstorm
