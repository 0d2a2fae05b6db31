#include "load/feeder.h"

#include <algorithm>
#include <bit>
#include <utility>

#include "base/check.h"
#include "base/prng.h"

namespace ringstorm {
namespace {

constexpr std::uint64_t kFeederStream = 0xfeedb0b;

/// A number that has nothing to do with those of other arguments.
std::uint64_t mixed(std::uint64_t a, std::uint64_t b) {
  return Prng{Prng{a ^ kFeederStream}.next() ^ b}.next();
}

/// A Feistel network of four rounds over two halves of `bits` bits each: a permutation of [0, 4^bits).
std::uint64_t feistel(std::uint64_t value, unsigned bits, std::uint64_t key) {
  const std::uint64_t mask = (std::uint64_t{1} << bits) - 1;
  std::uint64_t left = value >> bits, right = value & mask;
  for (std::uint64_t round = 0; round < 4; ++round) {
    left = std::exchange(right, left ^ (Prng{key ^ round << 62 ^ right}.next() & mask));
  }
  return left << bits | right;
}

}  // namespace

FeederTable::FeederTable(std::vector<std::string> columns)
    : columns_(std::move(columns)), longest_(columns_.size(), 0) {}

void FeederTable::add_row(std::span<const std::string> cells) {
  RS_CHECK(cells.size() == columns_.size());
  for (std::size_t i = 0; i < cells.size(); ++i) {
    longest_[i] = std::max(longest_[i], cells[i].size());
    text_ += cells[i];
    begins_.push_back(text_.size());
  }
  ++rows_;
}

std::string_view FeederTable::cell(std::uint64_t row, std::size_t column) const {
  RS_DCHECK(row < rows_ && column < columns_.size());
  const std::size_t index = static_cast<std::size_t>(row) * columns_.size() + column;
  return std::string_view(text_).substr(begins_[index], begins_[index + 1] - begins_[index]);
}

std::uint64_t FeederTable::memory_bytes() const {
  return text_.size() + begins_.size() * sizeof begins_[0];
}

std::optional<std::uint64_t> FeederDeal::row(std::uint64_t taken, std::uint64_t connection) const {
  const std::uint64_t number = per_connection() ? taken : share_.number(taken);
  if (rules_.at_end == FeederEnd::once && number >= rows_) return std::nullopt;
  if (rules_.order == FeederOrder::in_order) return number % rows_;
  const std::uint64_t key = mixed(seed_, per_connection() ? connection + 1 : 0);
  if (rules_.order == FeederOrder::random) return Prng{mixed(key, number)}.below(rows_);
  return shuffled_place(number % rows_, rows_, mixed(key, number / rows_));
}

// Numbers beyond the end are permuted again until they fall inside, which takes four times at most on
// average: the network's range is less than four times as wide as asked.
std::uint64_t shuffled_place(std::uint64_t index, std::uint64_t size, std::uint64_t key) {
  const auto width = static_cast<unsigned>(std::bit_width(size - 1));
  const unsigned bits = std::max(1U, (width + 1) / 2);
  do {
    index = feistel(index, bits, key);
  } while (index >= size);
  return index;
}

}  // namespace ringstorm
