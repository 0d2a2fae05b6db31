// The reading side of the opening handshake: Boost.Beast takes the head apart, the rules of RFC 6455 section
// 4 judge it. A head is parsed from its first byte each time more of it has come: that is rare, and leaves no
// state to get wrong.
#include "codec/handshake.h"

#include <algorithm>

#include <boost/beast/core/string.hpp>
#include <boost/beast/http/rfc7230.hpp>

#include "codec/http_answer.h"
#include "codec/http_head.h"

namespace ringstorm {
namespace {

using http_head::BeastError;
using http_head::BeastView;
using http_head::HeadParser;
using http_head::lies_within;
using http_head::to_view;
namespace http = boost::beast::http;
using Verdict = UpgradeJudgement::Verdict;

bool list_contains(BeastView list, BeastView token) {
  return http::token_list{list}.exists(token);
}

class ResponseHead final : public HeadParser<false> {
 public:
  ResponseHead(const AcceptKey& expected, std::span<const std::string> offered)
      : expected_(expected.data(), expected.size()), offered_(offered) {}

  /// 0 until the status line is whole.
  int status() const { return status_; }
  int subprotocol() const { return subprotocol_; }

  /// In the order of RFC 6455 section 4.1.
  Cause judge() const {
    if (!upgrade_) return Cause::missing_upgrade_header;
    if (!connection_) return Cause::missing_connection_header;
    if (accepts_ == 0) return Cause::missing_accept_key;
    if (accepts_ > 1 || !accept_is_right_) return Cause::wrong_accept_key;
    if (extensions_) return Cause::unoffered_extension;
    if (subprotocols_ > 1 || (subprotocols_ == 1 && subprotocol_ < 0)) return Cause::unoffered_subprotocol;
    return Cause::none;
  }

 private:
  void on_response_impl(int code, BeastView, int, BeastError&) override { status_ = code; }

  void on_field_impl(http::field name, BeastView, BeastView value, BeastError&) override {
    switch (name) {
      case http::field::upgrade: upgrade_ = boost::beast::iequals(value, "websocket"); break;
      case http::field::connection: connection_ = connection_ || list_contains(value, "upgrade"); break;
      case http::field::sec_websocket_accept:
        ++accepts_;
        accept_is_right_ = to_view(value) == expected_;
        break;
      case http::field::sec_websocket_extensions: extensions_ = true; break;
      case http::field::sec_websocket_protocol:
        ++subprotocols_;
        subprotocol_ = index_of(to_view(value));
        break;
      default: break;
    }
  }

  int index_of(std::string_view name) const {
    const auto found = std::find(offered_.begin(), offered_.end(), name);
    return found == offered_.end() ? -1 : static_cast<int>(found - offered_.begin());
  }

  std::string_view expected_;
  std::span<const std::string> offered_;
  int status_ = 0;
  int accepts_ = 0;
  int subprotocols_ = 0;
  int subprotocol_ = -1;
  bool upgrade_ = false;
  bool connection_ = false;
  bool accept_is_right_ = false;
  bool extensions_ = false;
};

UpgradeJudgement refuse(Cause cause, int detail = 0) {
  return {.verdict = Verdict::failed, .failure = {cause, static_cast<std::uint16_t>(detail)}};
}

/// base64 of 16 bytes: 22 characters of the alphabet and two of padding (RFC 6455 section 4.1, item 7).
bool is_nonce_text(std::string_view key) {
  static constexpr std::string_view kAlphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  return key.size() == sizeof(NonceText) && key.substr(22) == "==" &&
         key.substr(0, 22).find_first_not_of(kAlphabet) == std::string_view::npos;
}

class RequestHead final : public HeadParser<true> {
 public:
  explicit RequestHead(std::string_view head) : head_(head) {}

  std::string_view target() const { return target_; }
  std::string_view key() const { return key_; }
  std::string_view subprotocols() const { return subprotocols_; }

  /// The status that refuses it, or 0. RFC 6455 section 4.2.1, in its order.
  int refusal() const {
    if (method_ != http::verb::get) return 405;
    if (folded_ || version_ < 11 || hosts_ != 1 || !upgrade_ || !connection_) return 400;
    if (keys_ != 1 || !is_nonce_text(key_)) return 400;
    return version_13_ ? 0 : 426;
  }

 private:
  void on_request_impl(http::verb method, BeastView, BeastView target, int version, BeastError&) override {
    method_ = method;
    target_ = to_view(target);
    version_ = version;
  }

  void on_field_impl(http::field name, BeastView, BeastView value, BeastError&) override {
    // Beast joins a folded value in a buffer that is gone after the parse; RFC 7230 section 3.2.4 has a
    // server refuse it.
    if (!lies_within(to_view(value), head_)) folded_ = true;
    switch (name) {
      case http::field::host: ++hosts_; break;
      case http::field::upgrade: upgrade_ = upgrade_ || list_contains(value, "websocket"); break;
      case http::field::connection: connection_ = connection_ || list_contains(value, "upgrade"); break;
      case http::field::sec_websocket_key:
        ++keys_;
        key_ = to_view(value);
        break;
      case http::field::sec_websocket_version: version_13_ = value == "13"; break;
      case http::field::sec_websocket_protocol:
        if (subprotocols_.empty()) subprotocols_ = to_view(value);
        break;
      default: break;
    }
  }

  std::string_view head_;
  http::verb method_ = http::verb::unknown;
  std::string_view target_;
  std::string_view key_;
  std::string_view subprotocols_;
  int version_ = 0;
  int hosts_ = 0;
  int keys_ = 0;
  bool upgrade_ = false;
  bool connection_ = false;
  bool version_13_ = false;
  bool folded_ = false;
};

ParsedUpgradeRequest refuse_request(int status) {
  return {.verdict = Verdict::failed, .refuse_with = status};
}

}  // namespace

UpgradeJudgement judge_upgrade_response(std::string_view head, const AcceptKey& expected,
                                        std::span<const std::string> offered_subprotocols,
                                        std::size_t max_head_bytes) {
  if (!can_be_status_line(head.substr(0, max_head_bytes))) return refuse(Cause::malformed_head);
  ResponseHead response(expected, offered_subprotocols);
  const http_head::Outcome parsed = response.parse(head, max_head_bytes);
  if (parsed.kind == http_head::Outcome::Kind::too_large) return refuse(Cause::head_too_large);
  if (parsed.kind == http_head::Outcome::Kind::need_more) return {};
  if (response.status() != 0 && response.status() != 101)
    return refuse(Cause::http_status, response.status());
  if (parsed.kind == http_head::Outcome::Kind::malformed) return refuse(Cause::malformed_head);
  if (const Cause cause = response.judge(); cause != Cause::none) return refuse(cause);
  return {
      .verdict = Verdict::accepted, .head_bytes = parsed.head_bytes, .subprotocol = response.subprotocol()};
}

ParsedUpgradeRequest parse_upgrade_request(std::string_view head, std::size_t max_head_bytes) {
  RequestHead request(head);
  const http_head::Outcome parsed = request.parse(head, max_head_bytes);
  if (parsed.kind == http_head::Outcome::Kind::too_large) return refuse_request(431);
  if (parsed.kind == http_head::Outcome::Kind::need_more) return {};
  if (parsed.kind == http_head::Outcome::Kind::malformed) return refuse_request(400);
  if (const int status = request.refusal(); status != 0) return refuse_request(status);
  return {.verdict = Verdict::accepted,
          .head_bytes = parsed.head_bytes,
          .target = request.target(),
          .key = request.key(),
          .subprotocols = request.subprotocols()};
}

}  // namespace ringstorm
