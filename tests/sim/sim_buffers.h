// The provided receive buffers of a simulated ring, with their ownership checked: each is with the kernel, in
// the completion queue or with the application, and only the application's may be touched.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <span>
#include <vector>

namespace ringstorm {

class SimBuffers {
 public:
  SimBuffers(std::uint32_t buffers, std::uint32_t bytes_each);
  ~SimBuffers();
  SimBuffers(const SimBuffers&) = delete;
  SimBuffers& operator=(const SimBuffers&) = delete;

  std::size_t bytes_each() const { return bytes_each_; }
  bool empty() const { return free_.empty(); }
  /// The kernel takes a buffer to put `bytes` into; what lies behind them is poisoned.
  std::uint16_t fill(std::size_t bytes);
  std::span<std::byte> filling(std::uint16_t buffer) { return memory(buffer).first(buffers_[buffer].filled); }
  /// The application has taken the completion that names it.
  void hand_over(std::uint16_t buffer);
  std::span<std::byte> contents(std::uint16_t buffer, std::size_t size);
  void give_back(std::uint16_t buffer);
  /// The kernel sees what was given back when it is entered, not before.
  void publish();
  std::size_t with_application() const;

 private:
  enum class Owner : std::uint8_t { kernel, queue, application, returned };
  struct Buffer {
    Owner owner = Owner::kernel;
    std::size_t filled = 0;
  };

  std::span<std::byte> memory(std::uint16_t buffer);
  void poison(std::uint16_t buffer, std::size_t from);

  std::size_t bytes_each_;
  std::vector<std::byte> memory_;
  std::vector<Buffer> buffers_;
  std::deque<std::uint16_t> free_;
  std::vector<std::uint16_t> returned_;
};

}  // namespace ringstorm
