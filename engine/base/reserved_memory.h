// Address space that costs memory only where it is touched, and that nobody else's allocations are refused
// for.
#pragma once

#include <cstddef>
#include <span>

namespace ringstorm {

/// Zeroed, aligned to a page. More than the machine has may be reserved, as long as less is touched.
class ReservedMemory {
 public:
  /// Aborts when the address space is used up.
  explicit ReservedMemory(std::size_t bytes);
  ReservedMemory(const ReservedMemory&) = delete;
  ReservedMemory& operator=(const ReservedMemory&) = delete;
  ~ReservedMemory();

  std::span<std::byte> span() const { return bytes_; }

 private:
  std::span<std::byte> bytes_;
};

}  // namespace ringstorm
