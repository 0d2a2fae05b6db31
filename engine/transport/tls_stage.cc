#include "transport/tls_stage.h"

#include <algorithm>
#include <climits>
#include <new>

#include <openssl/err.h>

#include "base/check.h"
#include "transport/tls_failure.h"

namespace ringstorm {
namespace {

// What was left in OpenSSL's queue would be taken for the next call's own. Looking costs a fifth of clearing.
void forget_errors() {
  if (ERR_peek_error() != 0) ERR_clear_error();
}

int wire_write(BIO* bio, const char* bytes, int count) {
  auto& wire = *static_cast<TlsWire*>(BIO_get_data(bio));
  const auto size = static_cast<std::size_t>(count);
  BIO_clear_retry_flags(bio);
  return wire.write({reinterpret_cast<const std::byte*>(bytes), size}) ? count : -1;
}

// No bytes is not the end of the stream: whoever drives the stage knows of that.
int wire_read(BIO* bio, char* out, int room) {
  auto& wire = *static_cast<TlsWire*>(BIO_get_data(bio));
  BIO_clear_retry_flags(bio);
  const std::size_t taken = wire.read({reinterpret_cast<std::byte*>(out), static_cast<std::size_t>(room)});
  if (taken == 0) BIO_set_retry_read(bio);
  return taken == 0 ? -1 : static_cast<int>(taken);
}

long wire_control(BIO*, int command, long, void*) {
  return command == BIO_CTRL_FLUSH ? 1 : 0;
}

const BIO_METHOD* wire_method() {
  static BIO_METHOD* const method = [] {
    BIO_METHOD* made = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "wire");
    BIO_meth_set_write(made, wire_write);
    BIO_meth_set_read(made, wire_read);
    BIO_meth_set_ctrl(made, wire_control);
    return made;
  }();
  return method;
}

}  // namespace

TlsStage::TlsStage(TlsShared& shared) : shared_(shared), ssl_(SSL_new(shared.context)) {
  BIO* bio = BIO_new(wire_method());
  if (ssl_ == nullptr || bio == nullptr) throw std::bad_alloc();
  BIO_set_data(bio, &wire_);
  BIO_set_init(bio, 1);
  SSL_set_bio(ssl_.get(), bio, bio);
  SSL_set_app_data(ssl_.get(), this);
}

// OpenSSL holds the session of a connection that ended without a close_notify to be spoilt. That was a rule
// of TLS 1.0 (RFC 2246 7.2.1), dropped since; only a failure spoils it.
TlsStage::~TlsStage() {
  if (state_ != State::failed) SSL_set_shutdown(ssl_.get(), SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
}

void TlsStage::begin() {
  if (shared_.role == TlsRole::accepts) return SSL_set_accept_state(ssl_.get());
  SSL_set_connect_state(ssl_.get());
  name_server();
  if (shared_.sessions != nullptr) {
    if (const SslSession session = shared_.sessions->take()) SSL_set_session(ssl_.get(), session.get());
  }
  ERR_clear_error();
  SSL_do_handshake(ssl_.get());
}

// What the macro SSL_set_tlsext_host_name does.
void TlsStage::name_server() {
  if (shared_.server_name.empty()) return;
  SSL_ctrl(ssl_.get(), SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, shared_.server_name.data());
}

TransportEvent TlsStage::next(std::span<std::byte>& input, std::span<std::byte> scratch) {
  if (state_ == State::closed || state_ == State::failed) {
    input = {};
    return {};
  }
  if (!anything_received_) look_at_first_bytes(input);
  wire_.receive(input);
  forget_errors();
  TransportEvent event;
  if (state_ == State::opening) {
    const int result = SSL_do_handshake(ssl_.get());
    if (result == 1) {
      state_ = State::open;
      event = {.kind = TransportEvent::Kind::ready, .resumed = SSL_session_reused(ssl_.get()) == 1};
    } else {
      event = judge(result);
    }
  } else {
    const int result = SSL_read(ssl_.get(), scratch.data(),
                                static_cast<int>(std::min<std::size_t>(scratch.size(), INT_MAX)));
    event = result > 0 ? TransportEvent{.kind = TransportEvent::Kind::plaintext,
                                        .bytes = scratch.first(static_cast<std::size_t>(result))}
                       : judge(result);
  }
  input = input.last(wire_.unread().size());
  wire_.receive({});
  event.more = !input.empty() || SSL_has_pending(ssl_.get()) == 1;
  return event;
}

TransportEvent TlsStage::judge(int result) {
  switch (SSL_get_error(ssl_.get(), result)) {
    case SSL_ERROR_WANT_READ: return {};
    case SSL_ERROR_ZERO_RETURN: state_ = State::closed; return {.kind = TransportEvent::Kind::closed};
    default: break;
  }
  if (!spoken_) return fail({Cause::tls_not_spoken});
  TlsVerdict verdict = verdict_of(ssl_.get());
  said_ = unverified_.empty() ? std::move(verdict.said) : verdict.said + ": " + unverified_;
  return fail(verdict.failure);
}

TransportEvent TlsStage::fail(Failure failure) {
  state_ = State::failed;
  ERR_clear_error();
  return {.kind = TransportEvent::Kind::failed, .failure = failure};
}

// A record begins with its type (20 to 23) and the version's first byte, 3 (RFC 8446 5.1). What begins
// otherwise is quoted: it is mostly plain HTTP.
void TlsStage::look_at_first_bytes(std::span<const std::byte> bytes) {
  constexpr std::size_t kQuoted = 120;
  if (bytes.empty()) return;
  anything_received_ = true;
  const auto at = [&](std::size_t i) { return std::to_integer<unsigned>(bytes[i]); };
  spoken_ = at(0) >= 20 && at(0) <= 23 && (bytes.size() < 2 || at(1) == 3);
  if (!spoken_) said_.assign(reinterpret_cast<const char*>(bytes.data()), std::min(bytes.size(), kQuoted));
}

std::size_t TlsStage::plain_room(std::size_t room) const {
  const std::size_t taken = wire_.kept_bytes() + kTlsLastWords;
  if (!may_speak() || room <= taken) return 0;
  const std::size_t left = room - taken;
  const std::size_t records = (left + kTlsRecordBytes - 1) / kTlsRecordBytes;
  return left > records * kTlsRecordOverhead ? left - records * kTlsRecordOverhead : 0;
}

std::size_t TlsStage::seal(std::span<const std::byte> plain, std::span<std::byte> out) {
  const std::size_t kept = wire_.write_kept(out);
  if (!may_speak() || plain.empty()) return kept;
  wire_.aim(out.subspan(kept));
  std::size_t sealed = 0;
  // OpenSSL has nothing to wait for here: it fails only when the connection has failed already.
  if (SSL_write_ex(ssl_.get(), plain.data(), plain.size(), &sealed) != 1)
    fail({Cause::tls_protocol_violation});
  return kept + wire_.lower();
}

void TlsStage::close() {
  if (!may_speak() || (SSL_get_shutdown(ssl_.get()) & SSL_SENT_SHUTDOWN) != 0) return;
  ERR_clear_error();
  SSL_shutdown(ssl_.get());
}

Failure TlsStage::ended(Failure tcp) const {
  if (tcp.cause != Cause::connection_closed) return tcp;
  switch (state_) {
    case State::opening: return {Cause::tls_closed};
    case State::open: return {Cause::ended_without_close_notify};
    default: return tcp;
  }
}

void TlsStage::on_new_session(SslSession session) {
  if (shared_.sessions != nullptr) shared_.sessions->keep(std::move(session));
}

void TlsStage::on_alert_sent(int alert) {
  if (alert == TLS1_AD_NO_RENEGOTIATION) ++shared_.refused_renegotiations;
}

void TlsStage::on_unverified(const X509* certificate) {
  if (certificate != nullptr) unverified_ = subject_of(certificate);
}

}  // namespace ringstorm
