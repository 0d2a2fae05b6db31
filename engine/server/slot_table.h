// Objects by slot, in one piece of memory that is touched only where there is one: a table for 60,000
// connections costs next to nothing until they come.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "base/check.h"
#include "io/ring.h"

namespace ringstorm {

template <class T>
class SlotTable {
 public:
  explicit SlotTable(std::uint32_t slots)
      : memory_(std::allocator<T>{}.allocate(slots)), used_(slots, false) {}
  SlotTable(const SlotTable&) = delete;
  SlotTable& operator=(const SlotTable&) = delete;
  ~SlotTable() {
    for_each([this](Slot slot, T&) { erase(slot); });
    std::allocator<T>{}.deallocate(memory_, used_.size());
  }

  std::uint32_t size() const { return size_; }
  bool contains(Slot slot) const { return used_[slot]; }
  T& operator[](Slot slot) {
    RS_DCHECK(contains(slot));
    return memory_[slot];
  }
  T& emplace(Slot slot) {
    RS_CHECK(slot < used_.size());
    RS_CHECK(!used_[slot]);
    used_[slot] = true;
    ++size_;
    return *std::construct_at(memory_ + slot);
  }
  void erase(Slot slot) {
    RS_CHECK(used_[slot]);
    used_[slot] = false;
    --size_;
    std::destroy_at(memory_ + slot);
  }
  /// What `visit` is given, it may erase.
  template <class Visit>
  void for_each(Visit visit) {
    for (Slot slot = 0; slot < used_.size(); ++slot) {
      if (used_[slot]) visit(slot, memory_[slot]);
    }
  }

 private:
  T* memory_;
  std::vector<bool> used_;
  std::uint32_t size_ = 0;
};

}  // namespace ringstorm
