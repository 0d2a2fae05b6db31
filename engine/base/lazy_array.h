// A fixed array whose memory the kernel hands over page by page as it is first touched.
#pragma once

#include <cstddef>
#include <cstdlib>
#include <memory>
#include <type_traits>

#include "base/check.h"

namespace ringstorm {

/// `size` zeroed items of a type that is happy with zeroes and needs no destructor. Items never touched cost
/// no memory.
template <class T>
class LazyArray {
  static_assert(std::is_trivially_destructible_v<T>);

 public:
  explicit LazyArray(std::size_t size)
      : size_(size), items_(static_cast<T*>(std::calloc(size > 0 ? size : 1, sizeof(T)))) {
    RS_CHECK(items_ != nullptr);
  }

  std::size_t size() const { return size_; }
  T* data() { return items_.get(); }
  const T& operator[](std::size_t index) const {
    RS_DCHECK(index < size_);
    return items_.get()[index];
  }
  T& operator[](std::size_t index) {
    RS_DCHECK(index < size_);
    return items_.get()[index];
  }

 private:
  struct Free {
    void operator()(T* items) const { std::free(items); }
  };

  std::size_t size_;
  std::unique_ptr<T[], Free> items_;
};

}  // namespace ringstorm
