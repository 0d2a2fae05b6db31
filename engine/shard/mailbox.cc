#include "shard/mailbox.h"

namespace ringstorm {

Mailbox::Mailbox(MeasuredParts parts)
    : slices_{std::make_unique<Slice>(parts), std::make_unique<Slice>(parts)},
      current_(slices_[0].get()),
      empty_(slices_[1].get()) {}

bool Mailbox::publish() {
  Slice* next = empty_.exchange(nullptr, std::memory_order_acquire);
  if (next == nullptr) return false;
  next->begin = current_->end;
  full_.store(current_, std::memory_order_release);
  current_ = next;
  return true;
}

void Mailbox::recycle(Slice* slice) {
  slice->measurements.reset();
  empty_.store(slice, std::memory_order_release);
}

}  // namespace ringstorm
