// One alarm for each slot at most, in the order in which they fall due: a heap that knows where each slot's
// is.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "base/check.h"
#include "base/clock.h"
#include "base/lazy_array.h"
#include "io/ring.h"

namespace ringstorm {

/// An alarm is never moved to a later time: what a slot waits for mostly ends long before its alarm, and the
/// next one is later still. So one may ring too early, and whoever set it looks whether its time has come and
/// else sets it anew.
class Alarms {
 public:
  explicit Alarms(std::size_t slots) : heap_(slots), places_(slots) {}

  /// It rings at `at` or before; kNever sets nothing.
  void set(Slot slot, Instant at) {
    if (at == kNever) return;
    std::uint32_t place = places_[slot];
    if (place == 0) {
      place = ++size_;
    } else if (heap_[place - 1].at <= at) {
      return;
    }
    rise(place, {at, slot});
  }

  /// When the next one rings.
  Instant next() { return size_ == 0 ? kNever : heap_[0].at; }

  /// The slot of one that is due, which then has none any more.
  std::optional<Slot> take_due(Instant now) {
    if (size_ == 0 || heap_[0].at > now) return std::nullopt;
    const Slot slot = heap_[0].slot;
    places_[slot] = 0;
    const Entry last = heap_[--size_];
    if (size_ > 0) sink(last);
    return slot;
  }

 private:
  struct Entry {
    Instant at;
    Slot slot;
  };

  void put(std::uint32_t place, Entry entry) {
    heap_[place - 1] = entry;
    places_[entry.slot] = place;
  }

  void rise(std::uint32_t place, Entry entry) {
    for (; place > 1 && heap_[place / 2 - 1].at > entry.at; place /= 2) put(place, heap_[place / 2 - 1]);
    put(place, entry);
  }

  // From the top, which is free.
  void sink(Entry entry) {
    std::uint32_t place = 1;
    for (;;) {
      std::uint32_t child = 2 * place;
      if (child > size_) break;
      if (child < size_ && heap_[child].at < heap_[child - 1].at) ++child;
      if (heap_[child - 1].at >= entry.at) break;
      put(place, heap_[child - 1]);
      place = child;
    }
    put(place, entry);
  }

  LazyArray<Entry> heap_;            ///< places from 1 on, so that those of the children are 2 p and 2 p + 1
  LazyArray<std::uint32_t> places_;  ///< of each slot; 0 for none
  std::uint32_t size_ = 0;
};

}  // namespace ringstorm
