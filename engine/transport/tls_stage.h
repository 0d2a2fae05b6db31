// One connection's TLS, a client's or a server's side: OpenSSL over the bytes it is given.
#pragma once

#include <cstdint>
#include <string>

#include "transport/openssl.h"
#include "transport/stage.h"
#include "transport/tls_sessions.h"
#include "transport/tls_wire.h"

namespace ringstorm {

enum class TlsRole : std::uint8_t { connects, accepts };

/// RFC 8446 5.1: plaintext of one record.
inline constexpr std::size_t kTlsRecordBytes = 16 * 1024;
/// What a record adds at most, of all that OpenSSL 3 has: header 5, an explicit IV 16, a SHA-384 MAC 48,
/// padding 16 (CBC with TLS 1.2; AEAD suites add 22 to 29).
inline constexpr std::size_t kTlsRecordOverhead = 96;
/// For a close_notify, and the answer to a KeyUpdate, each in a record of its own.
inline constexpr std::size_t kTlsLastWords = 2 * kTlsRecordOverhead;

/// What the connections of one shard share.
struct TlsShared {
  SSL_CTX* context;
  TlsRole role;
  std::string server_name;          ///< for SNI; empty to send none
  TlsSessions* sessions = nullptr;  ///< null: nothing is resumed
  std::uint64_t refused_renegotiations = 0;
};

class TlsStage final : public TransportStage {
 public:
  /// `shared` outlives it.
  explicit TlsStage(TlsShared& shared);
  ~TlsStage() override;
  TlsStage(const TlsStage&) = delete;
  TlsStage& operator=(const TlsStage&) = delete;

  void begin() override;
  TransportEvent next(std::span<std::byte>& input, std::span<std::byte> scratch) override;
  bool has_output() const override { return wire_.kept_bytes() > 0; }
  std::size_t write_output(std::span<std::byte> out) override { return wire_.write_kept(out); }
  std::size_t plain_room(std::size_t room) const override;
  std::size_t seal(std::span<const std::byte> plain, std::span<std::byte> out) override;
  void close() override;
  Failure ended(Failure tcp) const override;
  Failure timed_out() const override { return {Cause::tls_timed_out}; }
  std::string_view said() const override { return said_; }

  /// Told by OpenSSL: see tls_context.cc.
  void on_new_session(SslSession session);
  void on_alert_sent(int alert);
  void on_unverified(const X509* certificate);
  static TlsStage& of(const SSL* ssl) { return *static_cast<TlsStage*>(SSL_get_app_data(ssl)); }

 private:
  enum class State : std::uint8_t { opening, open, closed, failed };

  void name_server();
  /// Who has ended what it says may still be answered (RFC 8446 section 6.1).
  bool may_speak() const { return state_ == State::open || state_ == State::closed; }
  TransportEvent judge(int result);
  TransportEvent fail(Failure failure);
  void look_at_first_bytes(std::span<const std::byte> bytes);

  TlsShared& shared_;
  TlsWire wire_;
  Ssl ssl_;
  State state_ = State::opening;
  bool anything_received_ = false;
  bool spoken_ = true;      ///< what came first looks like TLS
  std::string unverified_;  ///< whose certificate did not pass
  std::string said_;
};

}  // namespace ringstorm
