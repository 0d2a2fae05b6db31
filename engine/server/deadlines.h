// When which connection has had its time. An entry is a hint: whoever takes it asks the connection what its
// deadline is now, so a deadline that is moved or dropped costs nothing.
#pragma once

#include <queue>
#include <vector>

#include "base/clock.h"
#include "io/ring.h"

namespace ringstorm {

class Deadlines {
 public:
  struct Entry {
    Instant at;
    Slot slot;
    friend bool operator>(const Entry& a, const Entry& b) { return a.at > b.at; }
  };

  void add(Instant at, Slot slot) { entries_.push({at, slot}); }
  /// kNever when there is none.
  Instant next() const { return entries_.empty() ? kNever : entries_.top().at; }
  /// Calls due(entry) for each entry whose time has come, the earliest first.
  template <class Due>
  void take_due(Instant now, Due due) {
    while (!entries_.empty() && entries_.top().at <= now) {
      const Entry entry = entries_.top();
      entries_.pop();
      due(entry);
    }
  }

 private:
  std::priority_queue<Entry, std::vector<Entry>, std::greater<>> entries_;
};

}  // namespace ringstorm
