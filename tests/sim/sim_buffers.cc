#include "sim/sim_buffers.h"

#include <algorithm>
#include <cstring>

#include "base/check.h"

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#endif

namespace ringstorm {
namespace {

// As a WebSocket frame header it is a violation, so that a reader of stale bytes notices.
constexpr int kPoison = 0xDB;

bool is_poison(std::span<const std::byte> bytes) {
  if (bytes.empty()) return true;
  return bytes.front() == std::byte{kPoison} &&
         std::memcmp(bytes.data(), bytes.data() + 1, bytes.size() - 1) == 0;
}

#if defined(__SANITIZE_ADDRESS__)
void forbid(std::span<std::byte> bytes) {
  __asan_poison_memory_region(bytes.data(), bytes.size());
}
void allow(std::span<std::byte> bytes) {
  __asan_unpoison_memory_region(bytes.data(), bytes.size());
}
#else
void forbid(std::span<std::byte>) {}
void allow(std::span<std::byte>) {}
#endif

}  // namespace

SimBuffers::SimBuffers(std::uint32_t buffers, std::uint32_t bytes_each)
    : bytes_each_(bytes_each), memory_(std::size_t{buffers} * bytes_each), buffers_(buffers) {
  for (std::uint32_t id = 0; id < buffers; ++id) {
    free_.push_back(static_cast<std::uint16_t>(id));
    poison(static_cast<std::uint16_t>(id), 0);
  }
}

SimBuffers::~SimBuffers() {
  allow(std::span(memory_));
}

std::span<std::byte> SimBuffers::memory(std::uint16_t buffer) {
  RS_CHECK(buffer < buffers_.size());
  return std::span(memory_).subspan(buffer * bytes_each_, bytes_each_);
}

void SimBuffers::poison(std::uint16_t buffer, std::size_t from) {
  const std::span<std::byte> bytes = memory(buffer);
  allow(bytes);
  std::memset(bytes.data() + from, kPoison, bytes.size() - from);
  forbid(bytes.subspan(from));
}

std::uint16_t SimBuffers::fill(std::size_t bytes) {
  RS_CHECK(!free_.empty());
  RS_CHECK(bytes <= bytes_each_);
  const std::uint16_t id = free_.front();
  free_.pop_front();
  RS_CHECK(buffers_[id].owner == Owner::kernel);
  buffers_[id] = {.owner = Owner::queue, .filled = bytes};
  poison(id, bytes);
  return id;
}

void SimBuffers::hand_over(std::uint16_t buffer) {
  RS_CHECK(buffers_.at(buffer).owner == Owner::queue);
  buffers_[buffer].owner = Owner::application;
}

std::span<std::byte> SimBuffers::contents(std::uint16_t buffer, std::size_t size) {
  RS_CHECK(buffers_.at(buffer).owner == Owner::application);
  RS_CHECK(size <= buffers_[buffer].filled);
  return memory(buffer).first(size);
}

void SimBuffers::give_back(std::uint16_t buffer) {
  RS_CHECK(buffers_.at(buffer).owner == Owner::application);
  const std::span<std::byte> behind = memory(buffer).subspan(buffers_[buffer].filled);
  allow(behind);
  RS_CHECK(is_poison(behind));
  poison(buffer, 0);
  buffers_[buffer].owner = Owner::returned;
  returned_.push_back(buffer);
}

void SimBuffers::publish() {
  for (const std::uint16_t id : returned_) {
    buffers_[id].owner = Owner::kernel;
    free_.push_back(id);
  }
  returned_.clear();
}

std::size_t SimBuffers::with_application() const {
  return static_cast<std::size_t>(std::ranges::count_if(
      buffers_, [](const Buffer& buffer) { return buffer.owner == Owner::application; }));
}

}  // namespace ringstorm
