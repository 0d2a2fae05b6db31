// Why a connection or a message failed: one vocabulary for every layer, from the codec's protocol violations
// to the kernel's refusals, so that a report can count failures by cause without knowing who found them.
#pragma once

#include <cstdint>
#include <string>

namespace ringstorm {

enum class Cause : std::uint8_t {
  none,
  // Reaching the server.
  connect_refused,
  connect_timed_out,
  network_unreachable,
  no_local_port,
  connect_failed,  ///< detail: errno
  // A proxy, asked for the way to the server (RFC 9110 section 9.3.6).
  proxy_timed_out,
  proxy_closed,          ///< it ended TCP before its answer was complete
  proxy_status,          ///< detail: the status, anything but 2xx
  proxy_malformed_head,  ///< what came is no answer of HTTP
  proxy_head_too_large,
  // TLS (RFC 8446, RFC 5246), before and after the handshake.
  tls_timed_out,
  tls_closed,                  ///< the server ended TCP during the handshake
  tls_not_spoken,              ///< what came is no TLS: plain HTTP, for example
  tls_alert,                   ///< the server refuses, in its own words; detail: the alert's number
  tls_protocol_violation,      ///< what came breaks the rules of TLS, or nothing both sides speak was found
  certificate_expired,         ///< or not valid yet
  certificate_untrusted,       ///< self-signed, or by an authority that is not trusted here
  certificate_wrong_host,      ///< good, but for another name
  certificate_rejected,        ///< for any other reason; detail: OpenSSL's X509_V_ERR
  ended_without_close_notify,  ///< TCP ended, and the server had not said that it had said everything
  // The upgrade (RFC 6455 section 4).
  upgrade_timed_out,
  upgrade_closed,  ///< the server closed before its head was complete
  http_status,     ///< detail: the status, anything but 101
  malformed_head,
  head_too_large,
  missing_upgrade_header,
  missing_connection_header,
  missing_accept_key,
  wrong_accept_key,
  tls_answered,  ///< the answer to a plain request is TLS
  unoffered_subprotocol,
  unoffered_extension,
  malformed_extensions,         ///< a Sec-WebSocket-Extensions that breaks the grammar
  repeated_extension,           ///< the same one agreed to twice
  unknown_extension_parameter,  ///< one that RFC 7692 does not have
  repeated_extension_parameter,
  wrong_extension_value,  ///< one out of range, or where there must be none, or none where there must be
  unoffered_extension_parameter,  ///< one that may only answer an offer of it
  ungranted_extension_parameter,  ///< accepted without what the offer demands of the server
  // Frames (RFC 6455 section 5); each fails the connection with the close code that `close_code_for` names.
  masked_frame,    ///< a server's frame must not be masked
  unmasked_frame,  ///< a client's frame must be masked
  reserved_bit,
  reserved_opcode,
  overlong_length,    ///< not the shortest length encoding
  impossible_length,  ///< the most significant bit of a 64-bit length is set
  fragmented_control,
  oversized_control,
  unexpected_continuation,
  interrupted_message,  ///< a new data frame before the fragmented message ended
  invalid_utf8,
  message_too_large,
  invalid_deflate,    ///< compressed data that is none, or with something behind its end
  truncated_deflate,  ///< compressed data that breaks off before its end
  malformed_close,    ///< a close payload of one byte, or a code that must not be sent
  // The life and the end of a connection.
  connection_reset,
  connection_closed,  ///< end of stream without a close frame
  closed_by_server,   ///< detail: the close code, 1005 when the frame had none
  send_failed,        ///< detail: errno
  receive_failed,     ///< detail: errno
  close_timed_out,
  unexpected_message,  ///< a message that answers nothing that was sent
  // What a session waits for.
  expect_timed_out,
  pong_timed_out,
  capture_failed,  ///< a matched message has not the value that a variable is to take, or it is too long
  message_too_large_to_match,  ///< a message in pieces, longer than what is kept of one to look at
  no_room_to_match,            ///< no room was left to keep a message in pieces
  count_,
};

/// A cause with the number that tells its cases apart (a status, a close code, an errno), 0 where there is
/// none.
struct Failure {
  Cause cause = Cause::none;
  std::uint16_t detail = 0;
  friend bool operator==(const Failure&, const Failure&) = default;
  explicit operator bool() const { return cause != Cause::none; }
};

/// The name a report counts it under, stable across versions: "http 403", "wrong accept key", "timed out"...
std::string to_string(Failure failure);

/// True for the causes that are violations of RFC 6455 framing by the peer (masked_frame .. malformed_close).
constexpr bool is_violation(Cause cause) {
  return cause >= Cause::masked_frame && cause <= Cause::malformed_close;
}

}  // namespace ringstorm
