// Memory whose last byte is flush against a page that may not be touched: a read or write beyond it is a
// crash.
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
    mapped_ = usable + page_;
    void* memory = mmap(nullptr, mapped_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    RS_CHECK(memory != MAP_FAILED);
    begin_ = static_cast<std::byte*>(memory);
    RS_CHECK(mprotect(begin_ + usable, page_, PROT_NONE) == 0);
  }
  ~GuardedBuffer() { munmap(begin_, mapped_); }
  GuardedBuffer(const GuardedBuffer&) = delete;
  GuardedBuffer& operator=(const GuardedBuffer&) = delete;

  /// The `bytes` before the protected page.
  std::span<std::byte> last(std::size_t bytes) { return {begin_ + mapped_ - page_ - bytes, bytes}; }

 private:
  std::size_t page_;
  std::size_t mapped_ = 0;
  std::byte* begin_ = nullptr;
};

}  // namespace ringstorm::test
