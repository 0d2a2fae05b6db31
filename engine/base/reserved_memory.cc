#include "base/reserved_memory.h"

#include <sys/mman.h>

#include "base/check.h"

namespace ringstorm {

ReservedMemory::ReservedMemory(std::size_t bytes) {
  if (bytes == 0) return;
  void* memory =
      ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  RS_CHECK(memory != MAP_FAILED);
  bytes_ = {static_cast<std::byte*>(memory), bytes};
}

ReservedMemory::~ReservedMemory() {
  if (!bytes_.empty()) ::munmap(bytes_.data(), bytes_.size());
}

}  // namespace ringstorm
