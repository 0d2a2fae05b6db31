#include "transport/self_signed.h"

#include <array>
#include <cstdint>

#include <arpa/inet.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include "transport/openssl.h"
#include "transport/tls_failure.h"

namespace ringstorm {
namespace {

using Extension = std::unique_ptr<X509_EXTENSION, OpensslFree<X509_EXTENSION_free>>;

constexpr long kX509Version3 = 2;  // RFC 5280 section 4.1.2.1 counts from 0

Error refusal(const std::string& what) {
  return {"certificate", what + ": " + last_openssl_error(), ""};
}

// "DNS:localhost,IP:::1". Only what a name may consist of goes into a list that commas part.
Result<std::string> alternative_names(const std::vector<std::string>& hosts) {
  std::string list;
  for (const std::string& host : hosts) {
    std::array<unsigned char, sizeof(in6_addr)> address{};
    const bool literal = ::inet_pton(AF_INET, host.c_str(), address.data()) == 1 ||
                         ::inet_pton(AF_INET6, host.c_str(), address.data()) == 1;
    constexpr const char* kOfNames = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-.*";
    if (!literal && (host.empty() || host.find_first_not_of(kOfNames) != std::string::npos))
      return Error{"certificate", "\"" + host + "\" is neither a host name nor an IP address", ""};
    list += (list.empty() ? "" : ",") + std::string(literal ? "IP:" : "DNS:") + host;
  }
  return list;
}

bool add_extension(X509* certificate, X509* issuer, int kind, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  const Extension extension(X509V3_EXT_conf_nid(nullptr, &context, kind, value.c_str()));
  return extension != nullptr && X509_add_ext(certificate, extension.get(), -1) == 1;
}

// In this order: the key's own identifier before the one that a certificate which signs itself refers to.
bool add_extensions(X509* certificate, X509* issuer, const CertificateTerms& terms,
                    const std::string& hosts) {
  const auto add = [&](int kind, const std::string& value) {
    return add_extension(certificate, issuer, kind, value);
  };
  const bool basic =
      add(NID_basic_constraints, terms.authority ? "critical,CA:TRUE" : "critical,CA:FALSE") &&
      add(NID_key_usage, terms.authority ? "critical,keyCertSign" : "critical,digitalSignature") &&
      add(NID_subject_key_identifier, "hash") && add(NID_authority_key_identifier, "keyid");
  return basic && (terms.authority || add(NID_ext_key_usage, "serverAuth,clientAuth")) &&
         (hosts.empty() || add(NID_subject_alt_name, hosts));
}

// Two certificates of one issuer with one number would be taken for the same: 63 random bits.
bool set_number(X509* certificate) {
  std::uint64_t number = 0;
  if (RAND_bytes(reinterpret_cast<unsigned char*>(&number), sizeof number) != 1) return false;
  return ASN1_INTEGER_set_uint64(X509_get_serialNumber(certificate), number >> 1) == 1;
}

bool set_subject(X509* certificate, const std::string& common_name) {
  return X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate), "CN", MBSTRING_UTF8,
                                    reinterpret_cast<const unsigned char*>(common_name.data()),
                                    static_cast<int>(common_name.size()), -1, 0) == 1;
}

bool fill(X509* certificate, X509* issuer, EVP_PKEY* key, const CertificateTerms& terms,
          const std::string& hosts) {
  return X509_set_version(certificate, kX509Version3) == 1 && set_number(certificate) &&
         X509_gmtime_adj(X509_getm_notBefore(certificate), terms.begins.count()) != nullptr &&
         X509_gmtime_adj(X509_getm_notAfter(certificate), terms.ends.count()) != nullptr &&
         set_subject(certificate, terms.common_name) && X509_set_pubkey(certificate, key) == 1 &&
         X509_set_issuer_name(certificate, X509_get_subject_name(issuer)) == 1 &&
         add_extensions(certificate, issuer, terms, hosts);
}

std::string text_of(const Bio& bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &data);
  return {data, static_cast<std::size_t>(size)};
}

Bio memory_of(const std::string& text) {
  return Bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

Result<Identity> to_pem(X509* certificate, EVP_PKEY* key) {
  const Bio certificate_text(BIO_new(BIO_s_mem()));
  const Bio key_text(BIO_new(BIO_s_mem()));
  if (PEM_write_bio_X509(certificate_text.get(), certificate) != 1 ||
      PEM_write_bio_PrivateKey(key_text.get(), key, nullptr, nullptr, 0, nullptr, nullptr) != 1)
    return refusal("it cannot be written");
  return Identity{text_of(certificate_text), text_of(key_text)};
}

}  // namespace

Result<Identity> make_certificate(const CertificateTerms& terms, const Identity* issuer) {
  const auto hosts = alternative_names(terms.hosts);
  if (!hosts) return hosts.errors();
  const PrivateKey key(EVP_EC_gen("P-256"));
  const Certificate certificate(X509_new());
  if (key == nullptr || certificate == nullptr) return refusal("no key can be made");
  Certificate signer;
  PrivateKey signing_key;
  if (issuer != nullptr) {
    signer.reset(PEM_read_bio_X509(memory_of(issuer->certificate).get(), nullptr, nullptr, nullptr));
    signing_key.reset(PEM_read_bio_PrivateKey(memory_of(issuer->key).get(), nullptr, nullptr, nullptr));
    if (signer == nullptr || signing_key == nullptr) return refusal("its issuer cannot be read");
  }
  if (!fill(certificate.get(), signer ? signer.get() : certificate.get(), key.get(), terms, *hosts) ||
      X509_sign(certificate.get(), signing_key ? signing_key.get() : key.get(), EVP_sha256()) == 0)
    return refusal("it cannot be made");
  return to_pem(certificate.get(), key.get());
}

}  // namespace ringstorm
