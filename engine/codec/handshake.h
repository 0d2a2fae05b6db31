// The opening handshake, RFC 6455 section 4, both sides: bytes of an HTTP/1.1 head in, a judgement out.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/cause.h"
#include "codec/deflate_negotiation.h"

namespace ringstorm {

/// What a client asks for. The same for every connection of a session, so its bytes are laid out once.
struct UpgradeRequest {
  std::string target = "/";                                       ///< path and query, already percent-encoded
  std::string host = {};                                          ///< Host header: "example.org:9001"
  std::string origin = {};                                        ///< Origin header, none when empty
  std::vector<std::pair<std::string, std::string>> headers = {};  ///< further ones, as given
  std::vector<std::string> subprotocols = {};                     ///< offered, in order of preference
  std::optional<DeflateOffer> deflate = {};                       ///< offered when there
};

using Nonce = std::array<std::byte, 16>;
/// base64 of a nonce: what stands in Sec-WebSocket-Key.
using NonceText = std::array<char, 24>;
/// base64(SHA-1(key + GUID)): what a server must answer in Sec-WebSocket-Accept.
using AcceptKey = std::array<char, 28>;

NonceText encode_nonce(const Nonce& nonce);
/// Through a prefetched EVP digest. `key` is the text of Sec-WebSocket-Key.
AcceptKey accept_key(std::string_view key);

/// True for the headers the handshake itself must write: Upgrade, Connection, Sec-WebSocket-Key and -Version,
/// in any case. They must not be among UpgradeRequest::headers.
bool is_fixed_upgrade_header(std::string_view name);

/// The bytes of an upgrade request with a hole for the key. A further header named Host, Origin or
/// Sec-WebSocket-Protocol stands in place of ours.
class UpgradeRequestTemplate {
 public:
  explicit UpgradeRequestTemplate(const UpgradeRequest& request);
  std::size_t size() const { return bytes_.size(); }
  /// Writes size() bytes at the front of `out`.
  void write(std::span<std::byte> out, const NonceText& key) const;

 private:
  std::string bytes_;
  std::size_t key_at_ = 0;
};

struct UpgradeJudgement {
  enum class Verdict : std::uint8_t { need_more, accepted, failed };
  Verdict verdict = Verdict::need_more;
  std::size_t head_bytes = 0;                    ///< accepted: what follows is frames
  int subprotocol = -1;                          ///< accepted: index into the offered ones, -1 for none
  std::optional<DeflateAgreement> deflate = {};  ///< accepted: nothing when permessage-deflate was declined
  Failure failure = {};                          ///< failed: why
};

/// Judges a server's answer as RFC 6455 section 4.1 demands: 101, Upgrade, Connection, the accept key, a
/// subprotocol among those offered, permessage-deflate as `deflate` offers it or no extension (the only one
/// when it is null), a head of at most `max_head_bytes`.
/// `head` is everything received so far, from its first byte; call again with more while the verdict is
/// need_more. What cannot become an HTTP head any more is refused at once, not when a timeout ends the wait.
/// Any status but 101 is the failure to report, whatever else is wrong with its head. Allocates nothing.
UpgradeJudgement judge_upgrade_response(std::string_view head, const AcceptKey& expected,
                                        std::span<const std::string> offered_subprotocols,
                                        std::size_t max_head_bytes, const DeflateOffer* deflate = nullptr);

/// The server's side: what a client asked for, as views into the head it was parsed from.
struct ParsedUpgradeRequest {
  UpgradeJudgement::Verdict verdict = UpgradeJudgement::Verdict::need_more;
  std::size_t head_bytes = 0;
  std::string_view target = {};
  std::string_view key = {};
  std::string_view subprotocols = {};  ///< the first such header's value, "a, b", empty when absent
  /// What is in the first Sec-WebSocket-Extensions fields, empty where there are fewer.
  std::array<std::string_view, 4> extensions = {};
  int refuse_with = 400;  ///< failed: the HTTP status to answer (400, 405, 426, 431)
};
/// Judges a client's request as RFC 6455 section 4.2.1 demands; called again with more while the verdict is
/// need_more.
ParsedUpgradeRequest parse_upgrade_request(std::string_view head, std::size_t max_head_bytes);

/// The 101 that accepts `key`, agreeing to `subprotocol` and `extension` where they are not empty.
std::string upgrade_response(std::string_view key, std::string_view subprotocol,
                             std::string_view extension = {});
/// A whole "HTTP/1.1 400 Bad Request" answer, with Connection: close and, for 426, Sec-WebSocket-Version: 13.
std::string refusal_response(int status);

}  // namespace ringstorm
