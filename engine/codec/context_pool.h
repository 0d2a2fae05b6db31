// Deflaters or inflaters for the connections that need one at the moment. Their memory is reserved for as
// many as there may be and touched by as many as there are at once.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <type_traits>
#include <utility>

#include "base/check.h"
#include "base/reserved_memory.h"

namespace ringstorm {

/// `Context` is a Deflater or an Inflater: made in a region that holds it and then all memory it needs.
template <class Context>
class ContextPool {
  static_assert(std::is_trivially_destructible_v<Context>, "one that is given back is simply forgotten");

 public:
  /// Up to `count` at once, each with `memory_bytes` of its own beside itself.
  ContextPool(std::size_t count, std::size_t memory_bytes)
      : region_bytes_(region_bytes(memory_bytes)),
        count_(count),
        regions_(count * region_bytes_),
        free_(std::make_unique_for_overwrite<std::uint32_t[]>(count)) {}

  /// What one takes in all.
  static constexpr std::size_t region_bytes(std::size_t memory_bytes) {
    constexpr std::size_t kCacheLine = 64;
    return (kHeadBytes + memory_bytes + kCacheLine - 1) / kCacheLine * kCacheLine;
  }

  /// A new one, made of its memory and `settings`. The region given back last comes first: it is warm.
  template <class Settings>
  Context* acquire(const Settings& settings) {
    const std::uint32_t index = free_count_ > 0 ? free_[--free_count_] : touched_++;
    RS_CHECK(index < count_);
    const std::span<std::byte> region = regions_.span().subspan(index * region_bytes_, region_bytes_);
    ++in_use_;
    return new (region.data()) Context(region.subspan(kHeadBytes), settings);
  }
  void release(Context* context) {
    RS_CHECK(in_use_ > 0);
    --in_use_;
    const auto offset = reinterpret_cast<std::byte*>(context) - regions_.span().data();
    free_[free_count_++] = static_cast<std::uint32_t>(static_cast<std::size_t>(offset) / region_bytes_);
  }
  std::size_t in_use() const { return in_use_; }
  std::size_t most_in_use() const { return touched_; }

 private:
  static constexpr std::size_t kHeadBytes = (sizeof(Context) + 63) / 64 * 64;

  std::size_t region_bytes_;
  std::size_t count_;
  ReservedMemory regions_;
  std::unique_ptr<std::uint32_t[]> free_;
  std::uint32_t free_count_ = 0;
  std::uint32_t touched_ = 0;
  std::size_t in_use_ = 0;
};

}  // namespace ringstorm
