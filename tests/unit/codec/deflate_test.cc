#include "codec/deflate.h"

#include <algorithm>
#include <cstring>
#include <memory>

#include <gtest/gtest.h>

#include "base/prng.h"
#include "unit/codec/bytes.h"

namespace ringstorm {
namespace {

using test::Bytes;
using test::hex;
using test::to_bytes;
using test::to_text;
using State = Inflater::State;

template <class Context, class Settings>
class Made {
 public:
  Made(std::size_t memory_bytes, const Settings& settings)
      : memory_(std::make_unique<std::byte[]>(memory_bytes)),
        context_({memory_.get(), memory_bytes}, settings) {}
  Context* operator->() { return &context_; }

 private:
  std::unique_ptr<std::byte[]> memory_;
  Context context_;
};

struct MadeDeflater : Made<Deflater, DeflateSettings> {
  explicit MadeDeflater(const DeflateSettings& settings = {})
      : Made(Deflater::memory_bytes(settings), settings) {}
};
struct MadeInflater : Made<Inflater, int> {
  explicit MadeInflater(int window_bits = 15) : Made(Inflater::memory_bytes(window_bits), window_bits) {}
};

/// The compressed message, out of as many writes as `room` makes of it.
Bytes deflated(MadeDeflater& deflater, std::string_view message, bool keeps_context = true,
               std::size_t room = 65'536) {
  deflater->begin(keeps_context);
  const Bytes bytes = to_bytes(message);
  deflater->feed(bytes, true);
  Bytes compressed;
  Bytes piece(room);
  for (Deflater::Output output; !output.message_end;) {
    output = deflater->write(piece);
    EXPECT_FALSE(output.wants_more);
    compressed.insert(compressed.end(), piece.begin(),
                      piece.begin() + static_cast<std::ptrdiff_t>(output.bytes));
  }
  return compressed;
}

struct Inflated {
  std::string text;
  State state = State::more;
};

Inflated inflated(MadeInflater& inflater, const Bytes& compressed, bool keeps_context = true,
                  std::size_t piece = 65'536, std::size_t room = 65'536) {
  inflater->begin(keeps_context);
  Inflated result;
  Bytes out(room);
  for (std::size_t at = 0;; at += piece) {
    const std::size_t count = std::min(piece, compressed.size() - at);
    const Bytes part(compressed.begin() + static_cast<std::ptrdiff_t>(at),
                     compressed.begin() + static_cast<std::ptrdiff_t>(at + count));
    inflater->feed(part, at + count == compressed.size());
    do {
      const Inflater::Output output = inflater->write(out);
      result.text += to_text(std::span(out).first(output.bytes));
      result.state = output.state;
    } while (result.state == State::more);
    if (result.state != State::wants_more) return result;
  }
}

std::string inflate_whole(const Bytes& compressed) {
  MadeInflater inflater;
  const Inflated result = inflated(inflater, compressed);
  EXPECT_EQ(result.state, State::message_end);
  return result.text;
}

/// Of any compressibility: words of a small vocabulary, in `noise` of 16 places a random byte.
std::string some_text(Prng& prng, std::size_t bytes, unsigned noise) {
  std::string text;
  while (text.size() < bytes) {
    if (prng.below(16) < noise) {
      text += static_cast<char>(prng.below(256));
    } else {
      text += "word" + std::to_string(prng.below(50)) + " ";
    }
  }
  text.resize(bytes);
  return text;
}

// ---- the bytes of RFC 7692

TEST(DeflateRfc7692, Section7231HelloAsOneBlock) {
  MadeDeflater deflater;
  EXPECT_EQ(deflated(deflater, "Hello"), hex("f2 48 cd c9 c9 07 00"));
  EXPECT_EQ(inflate_whole(hex("f2 48 cd c9 c9 07 00")), "Hello");
}

TEST(DeflateRfc7692, Section7232SharingTheWindow) {
  MadeDeflater deflater;
  deflated(deflater, "Hello");
  EXPECT_EQ(deflated(deflater, "Hello"), hex("f2 00 11 00 00"));
  MadeInflater inflater;
  inflated(inflater, hex("f2 48 cd c9 c9 07 00"));
  EXPECT_EQ(inflated(inflater, hex("f2 00 11 00 00")).text, "Hello");
}

TEST(DeflateRfc7692, Section7232WithoutTheWindow) {
  MadeDeflater deflater;
  deflated(deflater, "Hello", false);
  EXPECT_EQ(deflated(deflater, "Hello", false), hex("f2 48 cd c9 c9 07 00"));
  MadeInflater inflater;
  inflated(inflater, hex("f2 48 cd c9 c9 07 00"), false);
  EXPECT_EQ(inflated(inflater, hex("f2 00 11 00 00"), false).state, State::invalid)
      << "it refers to what the peer had agreed to forget";
}

TEST(DeflateRfc7692, Section7233ABlockWithoutCompression) {
  EXPECT_EQ(inflate_whole(hex("00 05 00 fa ff 48 65 6c 6c 6f 00")), "Hello");
}

TEST(DeflateRfc7692, Section7234ABlockThatSaysItIsTheLast) {
  EXPECT_EQ(inflate_whole(hex("f3 48 cd c9 c9 07 00 00")), "Hello");
}

TEST(DeflateRfc7692, Section7235TwoBlocksInOneMessage) {
  EXPECT_EQ(inflate_whole(hex("f2 48 05 00 00 00 ff ff ca c9 c9 07 00")), "Hello");
}

TEST(DeflateRfc7692, Section7236TheEmptyMessage) {
  MadeDeflater deflater;
  EXPECT_EQ(deflated(deflater, ""), hex("00"));
  deflated(deflater, "Hello");
  EXPECT_EQ(deflated(deflater, ""), hex("00")) << "zlib itself has nothing to flush here";
  EXPECT_EQ(deflated(deflater, "Hello"), hex("f2 00 11 00 00"));
  EXPECT_EQ(inflate_whole(hex("00")), "");
}

// ---- what is not a message

TEST(Inflate, WhatIsLeftAfterALastBlockIsMore) {
  MadeInflater inflater;
  const Bytes twice = test::join({hex("f3 48 cd c9 c9 07 00"), hex("f2 00 11 00 00")});
  EXPECT_EQ(inflated(inflater, twice).text, "HelloHello");
  EXPECT_EQ(inflated(inflater, hex("f3 48 cd c9 c9 07 00")).state, State::message_end)
      << "a sender that leaves nothing off";
  EXPECT_EQ(inflated(inflater, hex("f2 00 11 00 00")).text, "Hello") << "the window is still there";
}

struct BadRow {
  const char* bytes;
  State state;
};

TEST(Inflate, RefusesWhatIsNoMessage) {
  const BadRow rows[] = {
      {"", State::truncated},
      {"f2 48 cd c9 c9 07", State::truncated},
      {"f2 48", State::truncated},
      {"00 05 00 fa ff 48 65 6c", State::truncated},
      {"00 05 00 fa ff 48 65 6c 6c 6f", State::truncated},
      {"07", State::invalid},                                // block type 3
      {"00 05 00 00 00 48 65 6c 6c 6f 00", State::invalid},  // a length that is not its complement's
      {"f2 00 11 00 00", State::invalid},                    // looks back to before the first byte
      {"f2 48 cd c9 c9 07 00 ff ff ff ff", State::invalid},  // something behind the end
      {"f3 48 cd c9 c9 07 00 ff", State::invalid},
      {"f3 48 cd c9 c9 07 00 00 00", State::truncated},
  };
  for (const BadRow& row : rows) {
    for (const std::size_t piece : {std::size_t{1}, std::size_t{3}, std::size_t{100}}) {
      MadeInflater inflater;
      EXPECT_EQ(inflated(inflater, hex(row.bytes), true, piece).state, row.state)
          << row.bytes << " by " << piece;
      EXPECT_EQ(inflated(inflater, hex("f2 48 cd c9 c9 07 00"), false).text, "Hello") << "usable again";
    }
  }
}

TEST(Inflate, EveryTruncationIsSeen) {
  Prng prng(5);
  MadeDeflater deflater;
  const Bytes whole = deflated(deflater, some_text(prng, 3000, 2));
  for (std::size_t length = 0; length < whole.size(); ++length) {
    MadeInflater inflater;
    const Bytes cut(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(length));
    EXPECT_NE(inflated(inflater, cut).state, State::message_end) << length << " of " << whole.size();
  }
}

// ---- settings, sizes, pieces

TEST(Deflate, WhateverTheSettingsTheMessageComesBack) {
  Prng prng(1);
  for (int bits = 8; bits <= 15; ++bits) {
    for (const int memory_level : {1, 5, 9}) {
      const DeflateSettings settings{
          .window_bits = bits, .level = 1 + static_cast<int>(prng.below(9)), .memory_level = memory_level};
      MadeDeflater deflater(settings);
      MadeInflater inflater(bits);
      for (int i = 0; i < 40; ++i) {
        const std::string text = some_text(prng, prng.below(20'000), static_cast<unsigned>(prng.below(17)));
        const bool keeps = prng.below(4) != 0;
        const Bytes compressed = deflated(deflater, text, keeps, Deflater::kLeastRoom + prng.below(300));
        ASSERT_LE(compressed.size(), Deflater::bound(text.size()));
        // One byte at a time, nothing but the window itself can be looked back into.
        const Inflated back = inflated(inflater, compressed, keeps, 1 + prng.below(2000), 1);
        ASSERT_EQ(back.state, State::message_end) << "window bits " << bits << ", message " << i;
        ASSERT_EQ(back.text, text) << "window bits " << bits << ", message " << i;
      }
    }
  }
}

TEST(Deflate, NoiseStaysWithinTheBound) {
  Prng prng(2);
  for (const int memory_level : {1, 8, 9}) {
    for (const int bits : {8, 15}) {
      MadeDeflater deflater({.window_bits = bits, .level = 6, .memory_level = memory_level});
      for (const std::size_t size : {1U, 5U, 125U, 1024U, 70'000U}) {
        const std::string noise = some_text(prng, size, 16);
        EXPECT_LE(deflated(deflater, noise, false).size(), Deflater::bound(size)) << size;
      }
    }
  }
}

TEST(Deflate, AMessageInPiecesIsOneMessage) {
  Prng prng(3);
  const std::string text = some_text(prng, 100'000, 3);
  MadeDeflater deflater;
  MadeInflater inflater;
  Bytes room(4096);
  Bytes compressed;
  deflater->begin(true);
  for (std::size_t at = 0; at < text.size() + 1; at += 977) {
    const Bytes piece = to_bytes(std::string_view(text).substr(std::min(at, text.size()), 977));
    deflater->feed(piece, at + 977 > text.size());
    for (Deflater::Output output; !output.wants_more && !output.message_end;) {
      output = deflater->write(room);
      compressed.insert(compressed.end(), room.begin(),
                        room.begin() + static_cast<std::ptrdiff_t>(output.bytes));
    }
  }
  EXPECT_EQ(inflated(inflater, compressed).text, text);
  EXPECT_LT(compressed.size(), text.size() / 2);
}

TEST(Deflate, KeepingTheContextPays) {
  MadeDeflater keeping;
  MadeDeflater forgetting;
  Prng prng(4);
  const std::string text = some_text(prng, 1000, 1);
  EXPECT_EQ(deflated(keeping, text), deflated(forgetting, text, false));
  EXPECT_LT(deflated(keeping, text).size() * 10, deflated(forgetting, text, false).size());
  EXPECT_EQ(to_text(deflated(forgetting, text, false)), deflate_message(text, {}));
}

// zlib's own formulas (zconf.h): (1 << (windowBits + 2)) + (1 << (memLevel + 9)) and its state, 1 <<
// windowBits and its state.
TEST(Deflate, MemoryIsWhatZlibSaysItIs) {
  for (int bits = 9; bits <= 15; ++bits) {
    for (int level = 1; level <= 9; ++level) {
      const std::size_t arrays = (std::size_t{1} << (bits + 2)) + (std::size_t{1} << (level + 9));
      const std::size_t taken =
          Deflater::memory_bytes({.window_bits = bits, .level = 6, .memory_level = level});
      EXPECT_GE(taken, arrays);
      EXPECT_LE(taken, arrays + 8192);
    }
    EXPECT_GE(Inflater::memory_bytes(bits), std::size_t{1} << bits);
    EXPECT_LE(Inflater::memory_bytes(bits), (std::size_t{1} << bits) + 12 * 1024);
  }
  EXPECT_EQ(Deflater::memory_bytes({.window_bits = 8}), Deflater::memory_bytes({.window_bits = 9}));
}

}  // namespace
}  // namespace ringstorm
