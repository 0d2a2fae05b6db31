#include "transport/self_signed.h"

#include <memory>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/bio.h>
#include <openssl/pem.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

namespace ringstorm {
namespace {

using testing::HasSubstr;

using Certificate = std::unique_ptr<X509, decltype(&X509_free)>;

Certificate read(const Identity& identity) {
  BIO* bio = BIO_new_mem_buf(identity.certificate.data(), static_cast<int>(identity.certificate.size()));
  Certificate certificate(PEM_read_bio_X509(bio, nullptr, nullptr, nullptr), X509_free);
  BIO_free(bio);
  return certificate;
}

// What OpenSSL has against it as the certificate of a TLS server at `host`: X509_V_OK when nothing.
int objection(const Identity& identity, const Identity& trusted, const std::string& host) {
  const Certificate certificate = read(identity);
  const Certificate anchor = read(trusted);
  X509_STORE* store = X509_STORE_new();
  X509_STORE_add_cert(store, anchor.get());
  X509_STORE_CTX* context = X509_STORE_CTX_new();
  X509_STORE_CTX_init(context, store, certificate.get(), nullptr);
  X509_STORE_CTX_set_default(context, "ssl_server");
  X509_VERIFY_PARAM* rules = X509_STORE_CTX_get0_param(context);
  X509_VERIFY_PARAM_set_flags(rules, X509_V_FLAG_X509_STRICT);
  if (X509_VERIFY_PARAM_set1_ip_asc(rules, host.c_str()) != 1)
    X509_VERIFY_PARAM_set1_host(rules, host.data(), host.size());
  X509_verify_cert(context);
  const int found = X509_STORE_CTX_get_error(context);
  X509_STORE_CTX_free(context);
  X509_STORE_free(store);
  return found;
}

CertificateTerms terms_for(std::vector<std::string> hosts) {
  CertificateTerms terms;
  terms.hosts = std::move(hosts);
  return terms;
}

TEST(MakeCertificate, IsGoodForItsHostsWhenItIsItselfTrusted) {
  const auto identity = make_certificate(terms_for({"localhost", "127.0.0.1", "::1"}));
  ASSERT_TRUE(identity) << to_string(identity.error());
  for (const char* host : {"localhost", "127.0.0.1", "::1"})
    EXPECT_EQ(objection(*identity, *identity, host), X509_V_OK) << host;
  EXPECT_EQ(objection(*identity, *identity, "example.com"), X509_V_ERR_HOSTNAME_MISMATCH);
  EXPECT_EQ(objection(*identity, *identity, "127.0.0.2"), X509_V_ERR_IP_ADDRESS_MISMATCH);
}

TEST(MakeCertificate, OfAnotherIsNotTrusted) {
  const auto identity = make_certificate(terms_for({"localhost"}));
  const auto another = make_certificate(terms_for({"localhost"}));
  ASSERT_TRUE(identity && another);
  EXPECT_NE(objection(*identity, *another, "localhost"), X509_V_OK);
}

TEST(MakeCertificate, SignedByAnAuthorityIsGoodWhereThatIsTrusted) {
  CertificateTerms of_authority;
  of_authority.common_name = "ringstorm test authority";
  of_authority.authority = true;
  const auto authority = make_certificate(of_authority);
  ASSERT_TRUE(authority);
  const auto leaf = make_certificate(terms_for({"localhost"}), &*authority);
  ASSERT_TRUE(leaf) << to_string(leaf.error());
  EXPECT_EQ(objection(*leaf, *authority, "localhost"), X509_V_OK);
}

TEST(MakeCertificate, IsValidFromWhenToWhenItsTermsSay) {
  CertificateTerms terms = terms_for({"localhost"});
  terms.begins = -std::chrono::hours(48);
  terms.ends = -std::chrono::hours(24);
  const auto expired = make_certificate(terms);
  terms.begins = std::chrono::hours(24);
  terms.ends = std::chrono::hours(48);
  const auto early = make_certificate(terms);
  ASSERT_TRUE(expired && early);
  EXPECT_EQ(objection(*expired, *expired, "localhost"), X509_V_ERR_CERT_HAS_EXPIRED);
  EXPECT_EQ(objection(*early, *early, "localhost"), X509_V_ERR_CERT_NOT_YET_VALID);
}

TEST(MakeCertificate, RefusesWhatIsNoHost) {
  for (const char* host : {"", "a,DNS:b", "two words", "local\nhost"}) {
    const auto identity = make_certificate(terms_for({host}));
    ASSERT_FALSE(identity) << host;
    EXPECT_THAT(to_string(identity.error()), HasSubstr("neither a host name nor an IP address"));
  }
}

TEST(MakeCertificate, SaysThatAnIssuerCannotBeRead) {
  const Identity nonsense{"no certificate", "no key"};
  const auto identity = make_certificate(terms_for({"localhost"}), &nonsense);
  ASSERT_FALSE(identity);
  EXPECT_THAT(to_string(identity.error()), HasSubstr("its issuer cannot be read"));
}

}  // namespace
}  // namespace ringstorm
