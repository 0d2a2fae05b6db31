// What a connection of a broadcasting server says to its room: each message is gathered until it is whole,
// for a room does not hear half of one and frames of several members may not mix.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "codec/decoder.h"
#include "codec/frame.h"

namespace ringstorm {

/// A whole message as the frame that everybody in the room gets.
using RoomFrame = std::vector<std::byte>;

class RoomVoice {
 public:
  /// Longer messages than this fail their connection.
  static constexpr std::uint64_t kMostMessageBytes = std::uint64_t{16} * 1024 * 1024;

  /// `target` of the request; what stands behind a "?" names no room.
  explicit RoomVoice(std::string_view target) : path_(target.substr(0, target.find('?'))) {}

  const std::string& path() const { return path_; }

  /// A piece of a message; adds its frame to `said` when it is whole.
  void take(const DecoderEvent& event, std::vector<RoomFrame>& said) {
    if (event.message_start) {
      gathered_.clear();
      opcode_ = event.opcode;
    }
    gathered_.insert(gathered_.end(), event.bytes.begin(), event.bytes.end());
    if (!event.message_end) return;
    std::array<std::byte, kMaxFrameHeaderBytes> header;
    const std::size_t size =
        encode_frame_header(header, {.opcode = opcode_, .payload_bytes = gathered_.size()});
    RoomFrame& frame = said.emplace_back();
    frame.reserve(size + gathered_.size());
    frame.insert(frame.end(), header.begin(), header.begin() + size);
    frame.insert(frame.end(), gathered_.begin(), gathered_.end());
    constexpr std::size_t kKeptBytes = 4096;  // a member that once said something long does not hold on to it
    if (gathered_.capacity() > kKeptBytes) RoomFrame{}.swap(gathered_);
  }

 private:
  std::string path_;
  std::vector<std::byte> gathered_;
  Opcode opcode_ = Opcode::text;
};

}  // namespace ringstorm
