#include "codec/deflate.h"

#include <algorithm>
#include <cstdlib>
#include <limits>
#include <memory>

#include "base/check.h"

namespace ringstorm {
namespace {

/// What a sync flush ends with and a sender leaves off (RFC 7692 section 7.2.1).
constexpr std::array<unsigned char, 4> kTail{0x00, 0x00, 0xFF, 0xFF};
/// An empty message (section 7.2.3.6). zlib has nothing to flush for one that follows another.
constexpr std::byte kEmptyMessage{0x00};

constexpr std::size_t kAlignment = alignof(std::max_align_t);

constexpr std::size_t aligned(std::size_t bytes) {
  return (bytes + kAlignment - 1) / kAlignment * kAlignment;
}

/// zlib refuses to compress with a window of 256 bytes. With one of 512 it never looks back further than
/// 512 - 262 bytes (its MAX_DIST), which a window of 256 holds.
int zlib_window_bits(int agreed) {
  return std::max(agreed, 9);
}

/// For z_stream, which is not const-correct.
Bytef* input(std::span<const std::byte> bytes) {
  return const_cast<Bytef*>(reinterpret_cast<const Bytef*>(bytes.data()));
}

uInt zlib_size(std::size_t bytes) {
  RS_CHECK(bytes <= std::numeric_limits<uInt>::max());
  return static_cast<uInt>(bytes);
}

void* count_and_allocate(void* counter, unsigned items, unsigned bytes) {
  const std::size_t size = std::size_t{items} * bytes;
  *static_cast<std::size_t*>(counter) += aligned(size);
  return std::malloc(size);
}
void give_back(void*, void* memory) {
  std::free(memory);
}

/// A stream that only counts what it takes.
z_stream counting_stream(std::size_t& taken) {
  z_stream stream{};
  stream.zalloc = &count_and_allocate;
  stream.zfree = &give_back;
  stream.opaque = &taken;
  return stream;
}

int begin_deflate(z_stream& stream, const DeflateSettings& settings) {
  return ::deflateInit2(&stream, settings.level, Z_DEFLATED, -zlib_window_bits(settings.window_bits),
                        settings.memory_level, Z_DEFAULT_STRATEGY);
}

}  // namespace

void ZlibArena::serve(z_stream& stream) {
  stream.zalloc = &allocate;
  stream.zfree = &keep;
  stream.opaque = this;
}

void* ZlibArena::allocate(void* arena, unsigned items, unsigned bytes) {
  std::span<std::byte>& left = static_cast<ZlibArena*>(arena)->left_;
  const std::size_t size = aligned(std::size_t{items} * bytes);
  if (size > left.size()) return nullptr;
  void* memory = left.data();
  left = left.subspan(size);
  return memory;
}

// ---- Deflater

std::size_t Deflater::memory_bytes(const DeflateSettings& settings) {
  std::size_t taken = 0;
  z_stream stream = counting_stream(taken);
  RS_CHECK(begin_deflate(stream, settings) == Z_OK);
  ::deflateEnd(&stream);
  return taken;
}

Deflater::Deflater(std::span<std::byte> memory, const DeflateSettings& settings) : arena_(memory) {
  arena_.serve(stream_);
  RS_CHECK(begin_deflate(stream_, settings) == Z_OK);
}

void Deflater::begin(bool keeps_context) {
  if (used_ && !keeps_context) {
    RS_CHECK(::deflateReset(&stream_) == Z_OK);
    used_ = false;
  }
  held_bytes_ = 0;
  message_bytes_ = 0;
  last_ = false;
}

void Deflater::feed(std::span<const std::byte> piece, bool message_end) {
  RS_DCHECK(stream_.avail_in == 0);
  stream_.next_in = input(piece);
  stream_.avail_in = zlib_size(piece.size());
  message_bytes_ += piece.size();
  last_ = message_end;
}

Deflater::Output Deflater::write(std::span<std::byte> out) {
  RS_CHECK(out.size() >= kLeastRoom);
  if (message_bytes_ == 0) {
    if (!last_) return {.wants_more = true};
    out[0] = kEmptyMessage;
    return {.bytes = 1, .message_end = true};
  }
  used_ = true;
  std::copy_n(held_.begin(), held_bytes_, out.begin());
  const std::span<std::byte> room = out.subspan(held_bytes_);
  stream_.next_out = reinterpret_cast<Bytef*>(room.data());
  stream_.avail_out = zlib_size(room.size());
  const int code = ::deflate(&stream_, last_ ? Z_SYNC_FLUSH : Z_NO_FLUSH);
  RS_CHECK(code == Z_OK || code == Z_BUF_ERROR);
  const std::size_t written = out.size() - stream_.avail_out;
  const bool all_written = stream_.avail_out != 0;
  held_bytes_ = std::min(written, held_.size());
  std::copy_n(out.begin() + static_cast<std::ptrdiff_t>(written - held_bytes_), held_bytes_, held_.begin());
  return {.bytes = written - held_bytes_,
          .wants_more = all_written && !last_,
          .message_end = all_written && last_};
}

// ---- Inflater

std::size_t Inflater::memory_bytes(int window_bits) {
  std::size_t taken = 0;
  z_stream stream = counting_stream(taken);
  RS_CHECK(::inflateInit2(&stream, -window_bits) == Z_OK);
  ::inflateEnd(&stream);
  return taken +
         aligned(std::size_t{1} << window_bits);  // the window, which zlib takes when it first needs it
}

Inflater::Inflater(std::span<std::byte> memory, int window_bits) : arena_(memory) {
  arena_.serve(stream_);
  RS_CHECK(::inflateInit2(&stream_, -window_bits) == Z_OK);
}

void Inflater::begin(bool keeps_context) {
  if (used_ && !keeps_context) RS_CHECK(::inflateReset(&stream_) == Z_OK);
  used_ = true;
  stream_.avail_in = 0;  // what is left of a message that was refused
  last_ = false;
  tail_fed_ = false;
  after_final_ = false;
}

void Inflater::feed(std::span<const std::byte> piece, bool message_end) {
  RS_DCHECK(stream_.avail_in == 0);
  stream_.next_in = input(piece);
  stream_.avail_in = zlib_size(piece.size());
  last_ = message_end;
  if (!piece.empty()) after_final_ = false;
}

Inflater::Output Inflater::write(std::span<std::byte> out) {
  stream_.next_out = reinterpret_cast<Bytef*>(out.data());
  stream_.avail_out = zlib_size(out.size());
  const State state = advance();
  return {.bytes = out.size() - stream_.avail_out, .state = state};
}

Inflater::State Inflater::advance() {
  for (;;) {
    const int code = ::inflate(&stream_, Z_SYNC_FLUSH);
    if (code == Z_STREAM_END) {
      // A block that calls itself the last ends a stream, not a message (section 7.2.3.5): what follows is
      // another one, which may look back into this one.
      if (tail_fed_) return State::truncated;
      RS_CHECK(::inflateResetKeep(&stream_) == Z_OK);
      after_final_ = stream_.avail_in == 0;
    } else if (code != Z_OK && code != Z_BUF_ERROR) {
      // Where the tail is not what is missing, something else was.
      return tail_fed_ ? State::truncated : State::invalid;
    }
    if (stream_.avail_out == 0) return State::more;
    if (stream_.avail_in != 0) continue;
    if (const State state = end_of_input(); state != State::more) return state;
  }
}

/// All that was fed has been inflated: what now; `more` when the tail has been fed.
Inflater::State Inflater::end_of_input() {
  if (!last_) return State::wants_more;
  // A sender that ended its last block as such may have left nothing off.
  if (after_final_) return State::message_end;
  if (tail_fed_) return at_block_boundary() ? State::message_end : State::truncated;
  stream_.next_in = input(std::as_bytes(std::span(kTail)));
  stream_.avail_in = static_cast<uInt>(kTail.size());
  tail_fed_ = true;
  return State::more;
}

/// Of a message that is whole, the tail is the end of an empty block and the end of a byte.
bool Inflater::at_block_boundary() const {
  constexpr int kBoundary = 128;
  constexpr int kUnusedBits = 63;
  return (stream_.data_type & kBoundary) != 0 && (stream_.data_type & kUnusedBits) == 0;
}

// ---- whole messages

std::string deflate_message(std::string_view message, const DeflateSettings& settings) {
  const std::size_t size = Deflater::memory_bytes(settings);
  const auto memory = std::make_unique_for_overwrite<std::byte[]>(size);
  Deflater deflater({memory.get(), size}, settings);
  std::string compressed(static_cast<std::size_t>(Deflater::bound(message.size())), '\0');
  deflater.begin(false);
  deflater.feed(std::as_bytes(std::span(message)), true);
  std::size_t used = 0;
  for (Deflater::Output output; !output.message_end; used += output.bytes) {
    if (compressed.size() - used < Deflater::kLeastRoom) compressed.resize(2 * compressed.size());
    output = deflater.write(std::as_writable_bytes(std::span(compressed)).subspan(used));
  }
  compressed.resize(used);
  return compressed;
}

}  // namespace ringstorm
