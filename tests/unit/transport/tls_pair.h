// A client's TLS stage and a server's, with nothing between them but bytes, in pieces of any size.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "transport/chain.h"
#include "transport/tls.h"
#include "unit/transport/certificates.h"

namespace ringstorm::test {

/// One end: its stage, what became of it, and what it has heard.
class TlsEnd {
 public:
  explicit TlsEnd(TransportFactory& factory) : stage_(factory.make()) { stage_->begin(); }

  /// What it has to say now, at most `room` bytes a time.
  std::vector<std::byte> output(std::size_t room = 4096) {
    std::vector<std::byte> all;
    std::vector<std::byte> piece(room);
    while (stage_->has_output()) {
      const std::size_t written = stage_->write_output(piece);
      all.insert(all.end(), piece.begin(), piece.begin() + static_cast<std::ptrdiff_t>(written));
    }
    return all;
  }

  void take(std::span<std::byte> input) {
    for (;;) {
      const TransportEvent event = stage_->next(input, scratch_);
      switch (event.kind) {
        case TransportEvent::Kind::need_more: return;
        case TransportEvent::Kind::ready:
          ready = true;
          resumed = event.resumed;
          break;
        case TransportEvent::Kind::plaintext:
          heard.append(reinterpret_cast<const char*>(event.bytes.data()), event.bytes.size());
          if (!event.more) return;
          break;
        case TransportEvent::Kind::closed: closed = true; return;
        case TransportEvent::Kind::failed: failure = event.failure; return;
      }
    }
  }
  void take(std::vector<std::byte> input, std::size_t piece = 100'000) {
    const std::span<std::byte> all = input;
    for (std::size_t at = 0; at < all.size(); at += piece)
      take(all.subspan(at, std::min(piece, all.size() - at)));
  }

  std::vector<std::byte> seal(std::string_view text) {
    std::vector<std::byte> out(text.size() + 1024 + text.size() / 64);
    out.resize(stage_->seal(std::as_bytes(std::span(text)), out));
    return out;
  }

  TransportStage& stage() { return *stage_; }

  bool ready = false;
  bool resumed = false;
  bool closed = false;
  Failure failure;
  std::string heard;

 private:
  std::unique_ptr<TransportStage> stage_;
  std::vector<std::byte> scratch_ = std::vector<std::byte>(TransportStage::kScratchBytes);
};

/// Lets both say all they have to, in pieces of `piece` bytes, until neither has more.
inline void converse(TlsEnd& client, TlsEnd& server, std::size_t piece = 100'000) {
  while (client.stage().has_output() || server.stage().has_output()) {
    server.take(client.output(piece), piece);
    client.take(server.output(piece), piece);
  }
}

}  // namespace ringstorm::test
