// A message on its way out: header and masked payload, written in as many pieces as there is room for, so
// that a message of 16 MiB needs no more memory than one of 20 bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "base/check.h"
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
  /// whole. A header is never split: with less room than it needs nothing is written. The same opcode and
  /// payload must be given until the end.
  std::size_t write(std::span<std::byte> out, Opcode opcode, std::span<const std::byte> payload);

 private:
  std::uint64_t written_ = 0;  ///< payload bytes
  MaskKey key_{};
  bool begun_ = false;
  bool header_written_ = false;
};

}  // namespace ringstorm
