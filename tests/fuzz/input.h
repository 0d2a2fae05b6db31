// A fuzzer's bytes, taken off the front as the choices they stand for.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace ringstorm::fuzz {

class Input {
 public:
  Input(const std::uint8_t* data, std::size_t size)
      : bytes_(reinterpret_cast<const std::byte*>(data), size) {}

  /// 0 when there is none left.
  unsigned byte() {
    const std::span<const std::byte> one = take(1);
    return one.empty() ? 0 : std::to_integer<unsigned>(one[0]);
  }
  /// Up to `count` bytes.
  std::span<const std::byte> take(std::size_t count) {
    const std::span<const std::byte> taken = bytes_.first(std::min(count, bytes_.size()));
    bytes_ = bytes_.subspan(taken.size());
    return taken;
  }
  std::span<const std::byte> rest() { return take(bytes_.size()); }
  std::string_view rest_as_text() {
    const std::span<const std::byte> bytes = rest();
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
  }

 private:
  std::span<const std::byte> bytes_;
};

}  // namespace ringstorm::fuzz
