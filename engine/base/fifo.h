// A bounded first-in-first-out queue whose memory is taken once.
#pragma once

#include <cstddef>
#include <memory>

#include "base/check.h"

namespace ringstorm {

/// Capacity is fixed at construction; pushing onto a full one is a bug. Not thread-safe.
template <class T>
class Fifo {
 public:
  explicit Fifo(std::size_t capacity)
      : capacity_(capacity), items_(std::make_unique_for_overwrite<T[]>(capacity)) {}

  bool empty() const { return size_ == 0; }
  bool full() const { return size_ == capacity_; }
  std::size_t size() const { return size_; }
  std::size_t capacity() const { return capacity_; }

  void push(T item) {
    RS_CHECK(!full());
    std::size_t tail = head_ + size_;
    if (tail >= capacity_) tail -= capacity_;
    items_[tail] = item;
    ++size_;
  }
  T& front() {
    RS_CHECK(!empty());
    return items_[head_];
  }
  T pop() {
    T item = front();
    if (++head_ == capacity_) head_ = 0;
    --size_;
    return item;
  }

 private:
  std::size_t capacity_;
  std::size_t head_ = 0;
  std::size_t size_ = 0;
  std::unique_ptr<T[]> items_;
};

}  // namespace ringstorm
