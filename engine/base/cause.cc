#include "base/cause.h"

#include <array>
#include <cstring>

namespace ringstorm {
namespace {

struct Name {
  Cause cause;
  const char* text;
};

constexpr std::array kNames{
    Name{Cause::none, "none"},
    Name{Cause::connect_refused, "connection refused"},
    Name{Cause::connect_timed_out, "connect timed out"},
    Name{Cause::network_unreachable, "network unreachable"},
    Name{Cause::no_local_port, "no local port left"},
    Name{Cause::connect_failed, "connect failed"},
    Name{Cause::proxy_timed_out, "proxy timed out"},
    Name{Cause::proxy_closed, "closed by proxy"},
    Name{Cause::proxy_status, "proxy http"},
    Name{Cause::proxy_malformed_head, "malformed http head from proxy"},
    Name{Cause::proxy_head_too_large, "http head from proxy too large"},
    Name{Cause::tls_timed_out, "tls handshake timed out"},
    Name{Cause::tls_closed, "closed during the tls handshake"},
    Name{Cause::tls_not_spoken, "no tls spoken here"},
    Name{Cause::tls_alert, "tls alert from server"},
    Name{Cause::tls_protocol_violation, "tls protocol violation"},
    Name{Cause::certificate_expired, "certificate expired"},
    Name{Cause::certificate_untrusted, "certificate not trusted"},
    Name{Cause::certificate_wrong_host, "certificate for another host"},
    Name{Cause::certificate_rejected, "certificate rejected"},
    Name{Cause::ended_without_close_notify, "ended without close_notify"},
    Name{Cause::upgrade_timed_out, "upgrade timed out"},
    Name{Cause::upgrade_closed, "closed during upgrade"},
    Name{Cause::http_status, "http"},
    Name{Cause::malformed_head, "malformed http head"},
    Name{Cause::head_too_large, "http head too large"},
    Name{Cause::missing_upgrade_header, "no Upgrade: websocket header"},
    Name{Cause::missing_connection_header, "no Connection: Upgrade header"},
    Name{Cause::missing_accept_key, "no accept key"},
    Name{Cause::wrong_accept_key, "wrong accept key"},
    Name{Cause::tls_answered, "tls spoken here, not plain http"},
    Name{Cause::unoffered_subprotocol, "subprotocol not offered"},
    Name{Cause::unoffered_extension, "extension not offered"},
    Name{Cause::malformed_extensions, "malformed extensions header"},
    Name{Cause::repeated_extension, "extension agreed to twice"},
    Name{Cause::unknown_extension_parameter, "unknown extension parameter"},
    Name{Cause::repeated_extension_parameter, "extension parameter given twice"},
    Name{Cause::wrong_extension_value, "wrong value of an extension parameter"},
    Name{Cause::unoffered_extension_parameter, "extension parameter not offered"},
    Name{Cause::ungranted_extension_parameter, "extension accepted without what was asked for"},
    Name{Cause::masked_frame, "masked frame from server"},
    Name{Cause::unmasked_frame, "unmasked frame from client"},
    Name{Cause::reserved_bit, "reserved bit set"},
    Name{Cause::reserved_opcode, "reserved opcode"},
    Name{Cause::overlong_length, "length not minimally encoded"},
    Name{Cause::impossible_length, "length above 2^63"},
    Name{Cause::fragmented_control, "fragmented control frame"},
    Name{Cause::oversized_control, "control frame over 125 bytes"},
    Name{Cause::unexpected_continuation, "continuation without a message"},
    Name{Cause::interrupted_message, "new message inside a fragmented one"},
    Name{Cause::invalid_utf8, "invalid utf-8"},
    Name{Cause::message_too_large, "message too large"},
    Name{Cause::invalid_deflate, "invalid compressed data"},
    Name{Cause::truncated_deflate, "truncated compressed data"},
    Name{Cause::malformed_close, "malformed close frame"},
    Name{Cause::connection_reset, "connection reset"},
    Name{Cause::connection_closed, "closed without a close frame"},
    Name{Cause::closed_by_server, "closed by server"},
    Name{Cause::send_failed, "send failed"},
    Name{Cause::receive_failed, "receive failed"},
    Name{Cause::close_timed_out, "close timed out"},
    Name{Cause::unexpected_message, "unexpected message"},
    Name{Cause::expect_timed_out, "expect timed out"},
    Name{Cause::pong_timed_out, "pong timed out"},
    Name{Cause::capture_failed, "capture failed"},
    Name{Cause::message_too_large_to_match, "message too large to match"},
    Name{Cause::no_room_to_match, "no room to match"},
};

constexpr bool in_order() {
  for (std::size_t i = 0; i < kNames.size(); ++i) {
    if (kNames[i].cause != static_cast<Cause>(i)) return false;
  }
  return kNames.size() == static_cast<std::size_t>(Cause::count_);
}
static_assert(in_order(), "every cause has its name, in the order of the enum");

struct Alert {
  std::uint16_t number;
  const char* text;
};

// RFC 8446 section 6, and those of RFC 5246 that it dropped.
constexpr std::array kAlerts{
    Alert{10, "unexpected message"},
    Alert{20, "bad record mac"},
    Alert{22, "record overflow"},
    Alert{40, "handshake failure"},
    Alert{42, "bad certificate"},
    Alert{43, "unsupported certificate"},
    Alert{44, "certificate revoked"},
    Alert{45, "certificate expired"},
    Alert{46, "certificate unknown"},
    Alert{47, "illegal parameter"},
    Alert{48, "unknown ca"},
    Alert{49, "access denied"},
    Alert{50, "decode error"},
    Alert{51, "decrypt error"},
    Alert{70, "protocol version"},
    Alert{71, "insufficient security"},
    Alert{80, "internal error"},
    Alert{86, "inappropriate fallback"},
    Alert{90, "user canceled"},
    Alert{100, "no renegotiation"},
    Alert{109, "missing extension"},
    Alert{110, "unsupported extension"},
    Alert{112, "unrecognized name"},
    Alert{113, "bad certificate status response"},
    Alert{115, "unknown psk identity"},
    Alert{116, "certificate required"},
    Alert{120, "no application protocol"},
};

std::string alert_text(int number) {
  for (const Alert& alert : kAlerts) {
    if (alert.number == number) return alert.text;
  }
  return "number " + std::to_string(number);
}

bool detail_is_errno(Cause cause) {
  return cause == Cause::connect_failed || cause == Cause::send_failed || cause == Cause::receive_failed;
}

// The kernel has numbers that the C library has no words for.
std::string errno_text(int number) {
  const char* words = ::strerrordesc_np(number);
  return words != nullptr ? words : "error " + std::to_string(number);
}

}  // namespace

std::string to_string(Failure failure) {
  std::string text = kNames[static_cast<std::size_t>(failure.cause)].text;
  if (failure.detail == 0) return text;
  if (detail_is_errno(failure.cause)) return text + ": " + errno_text(failure.detail);
  if (failure.cause == Cause::tls_alert) return text + ": " + alert_text(failure.detail);
  return text + " " + std::to_string(failure.detail);
}

}  // namespace ringstorm
