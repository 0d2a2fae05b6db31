// A small ring and a few receive buffers to try features with; of the probes' alone.
#pragma once

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <span>

#include <liburing.h>

#include "base/clock.h"

namespace ringstorm {

class ProbeRing {
 public:
  explicit ProbeRing(unsigned flags) : code_(io_uring_queue_init(8, &ring_, flags)) {}
  ~ProbeRing() {
    if (ok()) io_uring_queue_exit(&ring_);
  }
  ProbeRing(const ProbeRing&) = delete;
  ProbeRing& operator=(const ProbeRing&) = delete;
  bool ok() const { return code_ >= 0; }
  int error() const { return -code_; }
  io_uring* get() { return &ring_; }
  io_uring_sqe* entry() { return io_uring_get_sqe(&ring_); }

  // Submits the one prepared request; its result, and whether it goes on.
  int run(bool* more = nullptr) {
    io_uring_cqe* cqe = nullptr;
    if (io_uring_submit_and_wait(&ring_, 1) < 0 || io_uring_peek_cqe(&ring_, &cqe) != 0) return -EIO;
    const int result = cqe->res;
    if (more != nullptr) *more = (cqe->flags & IORING_CQE_F_MORE) != 0;
    io_uring_cqe_seen(&ring_, cqe);
    return result;
  }

  // Submits what was prepared and waits for a completion; null when none comes. Call seen() after looking.
  io_uring_cqe* wait(Duration at_most) {
    __kernel_timespec timeout{.tv_sec = 0, .tv_nsec = at_most.count()};
    io_uring_cqe* cqe = nullptr;
    io_uring_submit_and_wait_timeout(&ring_, &cqe, 1, &timeout, nullptr);
    return cqe;
  }
  void seen(io_uring_cqe* cqe) { io_uring_cqe_seen(&ring_, cqe); }

 private:
  io_uring ring_{};
  int code_;
};

/// Outlives what receives into it; gone before its ring is.
class ProbeBuffers {
 public:
  static constexpr unsigned kEntries = 4;
  static constexpr unsigned kBytesEach = 256;

  explicit ProbeBuffers(ProbeRing& ring) : ring_(ring), memory_(std::aligned_alloc(4096, 4096)) {
    auto* buffers = static_cast<io_uring_buf_ring*>(memory_.get());
    io_uring_buf_reg registration{};
    registration.ring_addr = reinterpret_cast<std::uint64_t>(buffers);
    registration.ring_entries = kEntries;
    ok_ = io_uring_register_buf_ring(ring.get(), &registration, 0) == 0;
    if (!ok_) return;
    io_uring_buf_ring_init(buffers);
    for (unsigned id = 0; id < kEntries; ++id) give(id);
  }
  ~ProbeBuffers() {
    if (ok_) io_uring_unregister_buf_ring(ring_.get(), 0);
  }
  ProbeBuffers(const ProbeBuffers&) = delete;
  ProbeBuffers& operator=(const ProbeBuffers&) = delete;
  bool ok() const { return ok_; }
  std::span<std::byte> at(unsigned id) {
    return std::span(bytes_).subspan(std::size_t{id} * kBytesEach, kBytesEach);
  }
  void give(unsigned id) {
    auto* buffers = static_cast<io_uring_buf_ring*>(memory_.get());
    io_uring_buf_ring_add(buffers, at(id).data(), kBytesEach, static_cast<unsigned short>(id),
                          io_uring_buf_ring_mask(kEntries), 0);
    io_uring_buf_ring_advance(buffers, 1);
  }

 private:
  struct Release {
    void operator()(void* memory) const { std::free(memory); }
  };
  ProbeRing& ring_;
  std::unique_ptr<void, Release> memory_;
  std::array<std::byte, std::size_t{kEntries} * kBytesEach> bytes_{};
  bool ok_ = false;
};

}  // namespace ringstorm
