#include "sim/no_allocation.h"

#include <cstddef>
#include <cstdlib>
#include <new>

#include "base/check.h"
#include "sim/sim_ring.h"

namespace ringstorm {

thread_local bool NoAllocation::forbidden_ = false;

void NoAllocation::check() {
  if (!forbidden_ || InsideSimulator::now()) return;
  forbidden_ = false;  // reporting may allocate
  RS_CHECK(!"allocates where nothing may");
}

namespace {

void* allocate(std::size_t bytes, std::size_t alignment) {
  NoAllocation::check();
  void* memory = std::aligned_alloc(alignment, (bytes + alignment - 1) / alignment * alignment);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}

}  // namespace
}  // namespace ringstorm

void* operator new(std::size_t bytes) {
  return ringstorm::allocate(bytes, alignof(std::max_align_t));
}
void* operator new[](std::size_t bytes) {
  return ringstorm::allocate(bytes, alignof(std::max_align_t));
}
void* operator new(std::size_t bytes, std::align_val_t alignment) {
  return ringstorm::allocate(bytes, static_cast<std::size_t>(alignment));
}
void* operator new[](std::size_t bytes, std::align_val_t alignment) {
  return ringstorm::allocate(bytes, static_cast<std::size_t>(alignment));
}
void operator delete(void* memory) noexcept {
  std::free(memory);
}
void operator delete[](void* memory) noexcept {
  std::free(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
  std::free(memory);
}
void operator delete[](void* memory, std::size_t) noexcept {
  std::free(memory);
}
void operator delete(void* memory, std::align_val_t) noexcept {
  std::free(memory);
}
void operator delete[](void* memory, std::align_val_t) noexcept {
  std::free(memory);
}
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept {
  std::free(memory);
}
void operator delete[](void* memory, std::size_t, std::align_val_t) noexcept {
  std::free(memory);
}
