#include "unit/transport/certificates.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>

#include <unistd.h>

namespace ringstorm::test {
namespace {

CertificateTerms terms_of(const CertificateWish& wish) {
  CertificateTerms terms;
  terms.common_name = wish.common_name;
  terms.hosts = wish.dns_names;
  terms.hosts.insert(terms.hosts.end(), wish.addresses.begin(), wish.addresses.end());
  terms.begins = std::chrono::hours(24 * wish.valid_from_days);
  terms.ends = std::chrono::hours(24 * wish.valid_until_days);
  return terms;
}

Identity made(const CertificateTerms& terms, const Identity* issuer) {
  auto identity = make_certificate(terms, issuer);
  if (!identity) throw std::runtime_error(to_string(identity.error()));
  return *identity;
}

TestIdentity as_test_identity(const Identity& identity) {
  return {identity.certificate, identity.key};
}

}  // namespace

TestAuthority::TestAuthority(const std::string& name) {
  CertificateTerms terms;
  terms.common_name = name;
  terms.authority = true;
  identity_ = made(terms, nullptr);
}

TestIdentity TestAuthority::issue(const CertificateWish& wish) const {
  return as_test_identity(made(terms_of(wish), &identity_));
}

TestIdentity self_signed(const CertificateWish& wish) {
  return as_test_identity(made(terms_of(wish), nullptr));
}

TestFile::TestFile(const std::string& text) {
  path_ = (std::filesystem::temp_directory_path() / "ringstorm-XXXXXX").string();
  const int file = ::mkstemp(path_.data());
  if (file < 0) throw std::runtime_error("no temporary file");
  ::close(file);
  std::ofstream(path_) << text;
}

TestFile::~TestFile() {
  std::error_code ignored;
  std::filesystem::remove(path_, ignored);
}

}  // namespace ringstorm::test
