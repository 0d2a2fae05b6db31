// Send buffers of one size, shared by a shard's connections: one is held only while its bytes are unsent.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>

#include "base/lazy_array.h"

namespace ringstorm {

class BufferPool {
 public:
  using Index = std::uint32_t;

  BufferPool(std::uint32_t count, std::uint32_t bytes);

  /// Nothing when all are held. The one given back last comes first: it is warm.
  std::optional<Index> acquire();
  void release(Index index);
  std::span<std::byte> at(Index index) { return {memory_.data() + std::size_t{index} * bytes_, bytes_}; }
  std::uint32_t held() const { return count_ - free_; }

 private:
  std::uint32_t count_;
  std::uint32_t bytes_;
  std::uint32_t free_;
  std::unique_ptr<Index[]> stack_;
  LazyArray<std::byte> memory_;
};

}  // namespace ringstorm
