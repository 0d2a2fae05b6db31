// A message on its way out: header and masked payload, written in as many pieces as there is room for, so
// that a message of 16 MiB needs no more memory than one of 20 bytes. One that is compressed on the way goes
// out in as many frames instead, since a frame's length is known only when it has been.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "base/check.h"
#include "codec/deflate.h"
#include "codec/frame.h"

namespace ringstorm {

class OutgoingMessage {
 public:
  /// True between the first byte and the last.
  bool begun() const { return begun_; }

  /// Starts a message; the next write gives its header. Nothing may be begun.
  void begin(MaskKey key) {
    RS_DCHECK(!begun_);
    begun_ = true;
    header_written_ = false;
    key_ = key;
    written_ = 0;
  }

  /// Writes as much of the begun message as fits and returns the bytes written; begun() is false once it is
  /// whole. A header is never split: with less room than it needs nothing is written. The same opcode,
  /// payload and `rsv` (of FrameHeader) must be given until the end.
  std::size_t write(std::span<std::byte> out, Opcode opcode, std::span<const std::byte> payload,
                    std::uint8_t rsv = 0);

  /// write() for a message that `deflater` has been fed whole: one frame of as much of it as fits, under
  /// `key`. With less room than `kLeastDeflatedRoom` nothing is written.
  std::size_t write_deflated(std::span<std::byte> out, Opcode opcode, Deflater& deflater, MaskKey key);
  static constexpr std::size_t kLeastDeflatedRoom = kMaxFrameHeaderBytes + Deflater::kLeastRoom;

  /// Payload bytes of the message that have been written, or all of it when it has.
  std::uint64_t written() const { return written_; }

  /// write() for one of the frames of a fragmented message: `fin` is true for the last.
  std::size_t write_fragment(std::span<std::byte> out, Opcode opcode, bool fin,
                             std::span<const std::byte> payload);

 private:
  std::uint64_t written_ = 0;  ///< payload bytes
  MaskKey key_{};
  bool begun_ = false;
  bool header_written_ = false;
};

}  // namespace ringstorm
