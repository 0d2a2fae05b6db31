#include "shard/frame_trace.h"

#include <gtest/gtest.h>

#include "codec/frame.h"

namespace ringstorm {
namespace {

std::vector<std::byte> bytes_of(std::string_view text) {
  const auto bytes = std::as_bytes(std::span(text));
  return {bytes.begin(), bytes.end()};
}

std::vector<std::byte> client_frame(Opcode opcode, std::string_view payload) {
  std::vector<std::byte> out(payload.size() + kMaxFrameHeaderBytes);
  out.resize(encode_client_frame(out, opcode, std::as_bytes(std::span(payload)), MaskKey{0x01020304}));
  return out;
}

struct Shown {
  std::vector<std::string> lines;
  TraceSink sink = [this](const TracedFrame& frame) {
    lines.push_back((frame.outgoing ? "-> " : "<- ") + frame.what +
                    (frame.text.empty() ? "" : ": " + frame.text));
  };
};

TEST(FrameTrace, ShowsBothDirectionsFromTheUpgradeOn) {
  Shown shown;
  FrameTrace trace(0, shown.sink);
  trace.said(bytes_of("GET /x HTTP/1.1\r\nHost: a\r\n\r\n"));
  trace.heard(bytes_of("HTTP/1.1 101 Switching"));
  trace.heard(bytes_of(" Protocols\r\n\r\n\x81\x02hi"));
  const auto frame = client_frame(Opcode::text, "hello\n");
  trace.said(std::span(frame).first(4));
  trace.said(std::span(frame).subspan(4));
  trace.said(client_frame(Opcode::ping, "\x01"));
  trace.heard(bytes_of(std::string_view("\x02\x01\x00\x80\x01\xff\x88\x02\x03\xe8", 10)));
  EXPECT_EQ(shown.lines, (std::vector<std::string>{
                             "-> GET /x HTTP/1.1", "<- HTTP/1.1 101 Switching Protocols", "<- text, 2 B: hi",
                             "-> text, 6 B: hello?", "-> ping: 01", "<- binary, 1 B, more to come: 00",
                             "<- binary, 1 B: ff", "<- close 1000"}));
}

TEST(FrameTrace, CutsWhatIsTooLongToRead) {
  Shown shown;
  FrameTrace trace(0, shown.sink);
  trace.said(bytes_of("GET / HTTP/1.1\r\n\r\n"));
  trace.said(client_frame(Opcode::text, std::string(1000, 'x')));
  EXPECT_EQ(shown.lines.back(), "-> text, 1000 B: " + std::string(400, 'x') + "...");
}

}  // namespace
}  // namespace ringstorm
