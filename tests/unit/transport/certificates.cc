#include "unit/transport/certificates.h"

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>

#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <unistd.h>

namespace ringstorm::test {
namespace {

constexpr long kDay = 24 * 60 * 60;

void must(bool done, const char* what) {
  if (!done) throw std::runtime_error(what);
}

PrivateKey new_key() {
  PrivateKey key{EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256")};
  must(key != nullptr, "no key");
  return key;
}

void extend(X509* certificate, X509* issuer, int kind, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, kind, value.c_str());
  must(extension != nullptr && X509_add_ext(certificate, extension, -1) == 1, "no extension");
  X509_EXTENSION_free(extension);
}

std::string names_of(const CertificateWish& wish) {
  std::string names;
  for (const std::string& name : wish.dns_names) names += (names.empty() ? "DNS:" : ",DNS:") + name;
  for (const std::string& address : wish.addresses) names += (names.empty() ? "IP:" : ",IP:") + address;
  return names;
}

/// Everything but the issuer, the extensions and the signature.
Certificate blank(EVP_PKEY* key, const CertificateWish& wish) {
  static std::atomic<long> serial{1};
  Certificate certificate{X509_new()};
  X509_set_version(certificate.get(), X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), ++serial);
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), wish.valid_from_days * kDay);
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), wish.valid_until_days * kDay);
  X509_set_pubkey(certificate.get(), key);
  X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate.get()), "CN", MBSTRING_UTF8,
                             reinterpret_cast<const unsigned char*>(wish.common_name.c_str()), -1, -1, 0);
  return certificate;
}

void sign(X509* certificate, X509* issuer, EVP_PKEY* issuer_key) {
  X509_set_issuer_name(certificate, X509_get_subject_name(issuer));
  must(X509_sign(certificate, issuer_key, EVP_sha256()) > 0, "no signature");
}

std::string text_of(BIO* memory) {
  char* bytes = nullptr;
  const long size = BIO_get_mem_data(memory, &bytes);
  return {bytes, static_cast<std::size_t>(size)};
}

std::string pem(X509* certificate) {
  const Bio memory{BIO_new(BIO_s_mem())};
  PEM_write_bio_X509(memory.get(), certificate);
  return text_of(memory.get());
}

std::string pem(EVP_PKEY* key) {
  const Bio memory{BIO_new(BIO_s_mem())};
  PEM_write_bio_PrivateKey(memory.get(), key, nullptr, nullptr, 0, nullptr, nullptr);
  return text_of(memory.get());
}

}  // namespace

TestAuthority::TestAuthority(const std::string& name) : key_(new_key()) {
  certificate_ = blank(key_.get(), {.common_name = name});
  X509_set_issuer_name(certificate_.get(), X509_get_subject_name(certificate_.get()));
  extend(certificate_.get(), certificate_.get(), NID_basic_constraints, "critical,CA:TRUE");
  extend(certificate_.get(), certificate_.get(), NID_key_usage, "critical,keyCertSign,cRLSign");
  sign(certificate_.get(), certificate_.get(), key_.get());
}

TestIdentity TestAuthority::issue(const CertificateWish& wish) const {
  const PrivateKey key = new_key();
  const Certificate certificate = blank(key.get(), wish);
  extend(certificate.get(), certificate_.get(), NID_subject_alt_name, names_of(wish));
  sign(certificate.get(), certificate_.get(), key_.get());
  return {pem(certificate.get()), pem(key.get())};
}

std::string TestAuthority::certificate() const {
  return pem(certificate_.get());
}

TestIdentity self_signed(const CertificateWish& wish) {
  const PrivateKey key = new_key();
  const Certificate certificate = blank(key.get(), wish);
  extend(certificate.get(), certificate.get(), NID_subject_alt_name, names_of(wish));
  sign(certificate.get(), certificate.get(), key.get());
  return {pem(certificate.get()), pem(key.get())};
}

TestFile::TestFile(const std::string& text) {
  path_ = (std::filesystem::temp_directory_path() / "ringstorm-XXXXXX").string();
  const int file = ::mkstemp(path_.data());
  must(file >= 0, "no temporary file");
  ::close(file);
  std::ofstream(path_) << text;
}

TestFile::~TestFile() {
  std::error_code ignored;
  std::filesystem::remove(path_, ignored);
}

}  // namespace ringstorm::test
