// Makes frames of the bytes that go both ways on a connection, for a person to read. For looking into a
// scenario, not for measuring: it copies and allocates.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "codec/decoder.h"
#include "io/ring.h"

namespace ringstorm {

struct TracedFrame {
  std::uint64_t connection = 0;  ///< its number in the run
  bool outgoing = false;
  std::string what;  ///< "text, 5 B", "close 1000", "GET / HTTP/1.1"
  std::string text;  ///< the payload as far as it can be shown, printable; may be empty
};

using TraceSink = std::function<void(const TracedFrame&)>;

/// Both directions of one connection, from its upgrade request on.
class FrameTrace {
 public:
  FrameTrace(std::uint64_t connection, const TraceSink& sink) : connection_(connection), sink_(&sink) {}

  void said(std::span<const std::byte> bytes) { client_.take(bytes, *this, true); }
  void heard(std::span<const std::byte> bytes) { server_.take(bytes, *this, false); }

 private:
  struct Direction {
    bool head_over = false;
    std::string head;
    std::string payload;  ///< of the message that is not over
    Decoder decoder;

    void take(std::span<const std::byte> bytes, FrameTrace& trace, bool outgoing);
  };

  void tell(bool outgoing, std::string what, std::string_view text = {});
  void tell_head(const std::string& head, bool outgoing);
  void tell_event(const DecoderEvent& event, std::string& payload, bool outgoing);

  std::uint64_t connection_;
  const TraceSink* sink_;
  Direction client_;
  Direction server_;
};

}  // namespace ringstorm
