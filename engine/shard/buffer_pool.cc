#include "shard/buffer_pool.h"

#include "base/check.h"

namespace ringstorm {

BufferPool::BufferPool(std::uint32_t count, std::uint32_t bytes)
    : count_(count),
      bytes_(bytes),
      free_(count),
      stack_(std::make_unique<Index[]>(count)),
      memory_(std::size_t{count} * bytes) {
  for (Index index = 0; index < count; ++index) stack_[index] = count - 1 - index;
}

std::optional<BufferPool::Index> BufferPool::acquire() {
  if (free_ == 0) return std::nullopt;
  return stack_[--free_];
}

void BufferPool::release(Index index) {
  RS_CHECK(free_ < count_);
  stack_[free_++] = index;
}

}  // namespace ringstorm
