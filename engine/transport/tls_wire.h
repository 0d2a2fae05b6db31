// Both directions of the wire as OpenSSL sees it: what was received and is not read yet, and where its
// records go: straight into a send buffer while there is one, or kept until there is.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <span>
#include <utility>
#include <vector>

namespace ringstorm {

class TlsWire {
 public:
  /// What a peer may make us want to say without reading it: beyond it the connection is given up.
  static constexpr std::size_t kMostKept = 256 * 1024;

  // ---- from the peer

  void receive(std::span<const std::byte> bytes) { received_ = bytes; }
  std::span<const std::byte> unread() const { return received_; }
  std::size_t read(std::span<std::byte> out) {
    const std::size_t taken = std::min(out.size(), received_.size());
    if (taken > 0) std::memcpy(out.data(), received_.data(), taken);
    received_ = received_.subspan(taken);
    return taken;
  }

  // ---- to the peer

  std::size_t kept_bytes() const { return kept_.size() - kept_sent_; }
  std::size_t write_kept(std::span<std::byte> out) {
    const std::size_t written = std::min(out.size(), kept_bytes());
    if (written > 0) std::memcpy(out.data(), kept_.data() + kept_sent_, written);
    kept_sent_ += written;
    if (kept_bytes() == 0) forget_kept();
    return written;
  }

  /// From now on records go to `out`, as long as they fit and nothing kept is to go before them.
  void aim(std::span<std::byte> out) {
    aim_ = out;
    aimed_bytes_ = 0;
  }
  /// Stops that; the bytes that went there.
  std::size_t lower() {
    aim_ = {};
    return std::exchange(aimed_bytes_, 0);
  }
  /// False when too much is kept.
  bool write(std::span<const std::byte> record) {
    if (kept_bytes() == 0 && record.size() <= aim_.size() - aimed_bytes_) {
      std::memcpy(aim_.data() + aimed_bytes_, record.data(), record.size());
      aimed_bytes_ += record.size();
      return true;
    }
    if (kept_bytes() + record.size() > kMostKept) return false;
    kept_.insert(kept_.end(), record.begin(), record.end());
    return true;
  }

 private:
  // A handshake may leave some kilobytes, which an open connection never needs again.
  void forget_kept() {
    kept_ = {};
    kept_sent_ = 0;
  }

  std::span<const std::byte> received_;
  std::span<std::byte> aim_;
  std::size_t aimed_bytes_ = 0;
  std::vector<std::byte> kept_;
  std::size_t kept_sent_ = 0;
};

}  // namespace ringstorm
