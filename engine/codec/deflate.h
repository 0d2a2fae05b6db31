// The payload transformation of permessage-deflate, RFC 7692 section 7.2, over zlib: message bytes in,
// compressed payload out, and the reverse. Both work in memory that they are given and ask for no more; they
// never know what a frame is.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include <zlib.h>

namespace ringstorm {

struct DeflateSettings {
  int window_bits = 15;  ///< 8 to 15, as agreed
  int level = 6;         ///< zlib's, 1 (fast) to 9 (small)
  int memory_level = 8;  ///< zlib's, 1 to 9: how much memory finds matches
};

/// Hands zlib pieces of one region, which it never gets back: a stream takes all it needs when it begins.
class ZlibArena {
 public:
  explicit ZlibArena(std::span<std::byte> memory) : left_(memory) {}
  /// Makes `stream` allocate here; this must not move from then on.
  void serve(z_stream& stream);

 private:
  static void* allocate(void* arena, unsigned items, unsigned bytes);
  static void keep(void*, void*) {}

  std::span<std::byte> left_;
};

/// Compresses one message after the other. zlib keeps a pointer back to it, so it stays where it was made.
class Deflater {
 public:
  /// What `memory` must be at least: the same for every message there will ever be.
  static std::size_t memory_bytes(const DeflateSettings& settings);
  /// Less room than this must never be given to write().
  static constexpr std::size_t kLeastRoom = 16;
  /// A message of `bytes` compresses to at most so many, with any settings.
  static constexpr std::uint64_t bound(std::uint64_t bytes) {
    return bytes + (bytes >> 3) + (bytes >> 8) + (bytes >> 9) + 32;
  }

  Deflater(std::span<std::byte> memory, const DeflateSettings& settings);
  Deflater(const Deflater&) = delete;
  Deflater& operator=(const Deflater&) = delete;

  /// Starts a message, which may refer to those before it only when `keeps_context`.
  void begin(bool keeps_context);
  /// The next piece of the message, after write() has had all of the one before: it must stay where it is
  /// until then.
  void feed(std::span<const std::byte> piece, bool message_end);

  struct Output {
    std::size_t bytes = 0;
    bool wants_more = false;   ///< of the message: feed() is next
    bool message_end = false;  ///< the compressed message is complete: begin() is next
  };
  /// Writes what fits; with neither of the two flags there is more to write. Bytes come when zlib has a block
  /// of them, and all of them at the end of the message.
  Output write(std::span<std::byte> out);

 private:
  z_stream stream_{};
  ZlibArena arena_;
  std::array<std::byte, 4>
      held_{};  ///< the last bytes so far: if the message ends with them, they are not sent
  std::size_t held_bytes_ = 0;
  std::uint64_t message_bytes_ = 0;
  bool used_ = false;  ///< there is a context
  bool last_ = false;  ///< the piece fed is the message's last
};

/// Inflates one message after the other. zlib keeps a pointer back to it, so it stays where it was made.
class Inflater {
 public:
  static std::size_t memory_bytes(int window_bits);

  /// `window_bits`: the largest window the peer may have used, 8 to 15.
  Inflater(std::span<std::byte> memory, int window_bits);
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;

  void begin(bool keeps_context);
  /// The next piece of the compressed message, after write() has had all of the one before: it must stay
  /// where it is until then.
  void feed(std::span<const std::byte> piece, bool message_end);

  enum class State : std::uint8_t {
    more,         ///< there is more to write
    wants_more,   ///< of the message: feed() is next
    message_end,  ///< the message is complete: begin() is next
    invalid,      ///< this is no DEFLATE stream; nothing more may be asked of it but begin(false)
    truncated,    ///< the message ends inside a block; likewise
  };
  struct Output {
    std::size_t bytes = 0;
    State state = State::more;
  };
  /// Writes what fits into `out`, which is not empty.
  Output write(std::span<std::byte> out);

 private:
  State advance();
  State end_of_input();
  bool at_block_boundary() const;

  z_stream stream_{};
  ZlibArena arena_;
  bool used_ = false;         ///< there is a context
  bool last_ = false;         ///< the piece fed is the message's last
  bool tail_fed_ = false;     ///< the four bytes that the sender left off are fed
  bool after_final_ = false;  ///< what has come so far ends with a block that said it was the last
};

/// The whole of `message` compressed by itself: what a sender without a context sends. Allocates.
std::string deflate_message(std::string_view message, const DeflateSettings& settings);

}  // namespace ringstorm
