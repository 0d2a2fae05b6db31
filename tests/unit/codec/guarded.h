// Memory between two pages that may not be touched: a read or write beyond either end is a crash.
#pragma once

#include <cstddef>
#include <span>

#include <sys/mman.h>
#include <unistd.h>

#include "base/check.h"

namespace ringstorm::test {

class GuardedBuffer {
 public:
  explicit GuardedBuffer(std::size_t bytes) : page_(static_cast<std::size_t>(sysconf(_SC_PAGESIZE))) {
    const std::size_t usable = (bytes + page_ - 1) / page_ * page_;
    mapped_ = usable + 2 * page_;
    void* memory = mmap(nullptr, mapped_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    RS_CHECK(memory != MAP_FAILED);
    begin_ = static_cast<std::byte*>(memory);
    RS_CHECK(mprotect(begin_, page_, PROT_NONE) == 0);
    RS_CHECK(mprotect(begin_ + page_ + usable, page_, PROT_NONE) == 0);
  }
  ~GuardedBuffer() { munmap(begin_, mapped_); }
  GuardedBuffer(const GuardedBuffer&) = delete;
  GuardedBuffer& operator=(const GuardedBuffer&) = delete;

  /// The `bytes` after the first protected page.
  std::span<std::byte> first(std::size_t bytes) { return {begin_ + page_, bytes}; }
  /// The `bytes` before the last protected page.
  std::span<std::byte> last(std::size_t bytes) { return {begin_ + mapped_ - page_ - bytes, bytes}; }

 private:
  std::size_t page_;
  std::size_t mapped_ = 0;
  std::byte* begin_ = nullptr;
};

}  // namespace ringstorm::test
