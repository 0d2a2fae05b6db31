#include "transport/tls_failure.h"

#include <cstdint>

#include <openssl/err.h>
#include <openssl/x509_vfy.h>

namespace ringstorm {
namespace {

Cause cause_of_verification(long code) {
  switch (code) {
    case X509_V_ERR_CERT_HAS_EXPIRED:
    case X509_V_ERR_CERT_NOT_YET_VALID: return Cause::certificate_expired;
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH: return Cause::certificate_wrong_host;
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    case X509_V_ERR_CERT_UNTRUSTED: return Cause::certificate_untrusted;
    default: return Cause::certificate_rejected;
  }
}

TlsVerdict verification_verdict(long code) {
  TlsVerdict verdict;
  verdict.failure.cause = cause_of_verification(code);
  if (verdict.failure.cause == Cause::certificate_rejected)
    verdict.failure.detail = static_cast<std::uint16_t>(code);
  verdict.said = X509_verify_cert_error_string(code);
  return verdict;
}

}  // namespace

std::string subject_of(const X509* certificate) {
  const Bio text{BIO_new(BIO_s_mem())};
  X509_NAME_print_ex(text.get(), X509_get_subject_name(certificate), 0,
                     XN_FLAG_ONELINE & ~ASN1_STRFLGS_ESC_MSB);
  char* bytes = nullptr;
  const long size = BIO_get_mem_data(text.get(), &bytes);
  return {bytes, static_cast<std::size_t>(size)};
}

TlsVerdict verdict_of(const SSL* ssl) {
  const unsigned long error = ERR_peek_last_error();
  const int reason = ERR_GET_REASON(error);
  const bool of_ssl = ERR_GET_LIB(error) == ERR_LIB_SSL;
  const long verification = SSL_get_verify_result(ssl);
  if (of_ssl && reason == SSL_R_CERTIFICATE_VERIFY_FAILED && verification != X509_V_OK)
    return verification_verdict(verification);
  TlsVerdict verdict{.failure = {Cause::tls_protocol_violation}, .said = last_openssl_error()};
  // OpenSSL gives a fatal alert of the peer's as a reason of its own, above this offset.
  if (of_ssl && reason >= SSL_AD_REASON_OFFSET)
    verdict.failure = {Cause::tls_alert, static_cast<std::uint16_t>(reason - SSL_AD_REASON_OFFSET)};
  return verdict;
}

std::string last_openssl_error() {
  const unsigned long error = ERR_peek_last_error();
  const char* reason = ERR_reason_error_string(error);
  ERR_clear_error();
  return reason == nullptr ? "no reason given" : reason;
}

}  // namespace ringstorm
