#include "server/counts_board.h"

#include <algorithm>
#include <tuple>
#include <utility>

namespace ringstorm {
namespace {

// The open ones first, then by number.
bool is_listed_before(const ConnectionRow& a, const ConnectionRow& b) {
  return std::make_tuple(a.close_code != 0, a.number) < std::make_tuple(b.close_code != 0, b.number);
}

}  // namespace

std::uint64_t CountsBoard::ask(bool with_rows) {
  if (with_rows) wants_rows_.store(true, std::memory_order_relaxed);
  return asked_.fetch_add(1, std::memory_order_release) + 1;
}

void CountsBoard::leave(std::size_t shard, std::uint64_t question, CountsCopy copy) {
  const std::lock_guard lock(mutex_);
  copies_[shard] = {question, std::move(copy)};
}

std::optional<CountsCopy> CountsBoard::answer(std::uint64_t question) {
  const std::lock_guard lock(mutex_);
  const auto is_old = [&](const Left& left) { return left.question < question; };
  if (std::any_of(copies_.begin(), copies_.end(), is_old)) return std::nullopt;
  CountsCopy sum;
  for (const Left& left : copies_) {
    sum.counts.merge(left.copy.counts);
    sum.rows.insert(sum.rows.end(), left.copy.rows.begin(), left.copy.rows.end());
  }
  std::sort(sum.rows.begin(), sum.rows.end(), is_listed_before);
  if (sum.rows.size() > kMostRows) sum.rows.resize(kMostRows);
  return sum;
}

}  // namespace ringstorm
