// The cookies that servers set with accepted upgrades, a jar for each connection: they go with the next
// upgrade of the same one. Only runs that ask for it have any, and only in them an upgrade allocates.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

#include "codec/cookies.h"
#include "io/ring.h"
#include "plan/plan.h"

namespace ringstorm {

class CookieJars {
 public:
  /// `connections` of a shard; without jars when the plan keeps no cookies.
  CookieJars(const Plan& plan, std::size_t connections)
      : jars_(plan.keeps_cookies() ? connections : 0), secure_(plan.target.tls) {}

  bool kept() const { return !jars_.empty(); }
  /// Takes what the head of an answer to an upgrade of `target` (a path) sets.
  void take(Slot slot, std::string_view head, std::string_view target);
  /// Adds the cookies to the request of `bytes` at the front of `room`, behind those it has already, and
  /// returns its length. There is room for CookieJar::kMostBytes and the field's name.
  std::size_t add_to(Slot slot, std::span<std::byte> room, std::size_t bytes, std::string_view target) const;

 private:
  std::vector<CookieJar> jars_;
  bool secure_;
};

}  // namespace ringstorm
