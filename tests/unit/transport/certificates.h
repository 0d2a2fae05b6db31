// Certificates for tests: by an authority, self-signed, expired, for any name.
#pragma once

#include <string>
#include <vector>

#include "transport/self_signed.h"

namespace ringstorm::test {

/// What a certificate is to say.
struct CertificateWish {
  std::string common_name = "localhost";
  std::vector<std::string> dns_names = {"localhost"};
  std::vector<std::string> addresses = {"127.0.0.1", "::1"};
  int valid_from_days = -1;  ///< from today on
  int valid_until_days = 30;
};

/// PEM texts.
struct TestIdentity {
  std::string certificate;
  std::string private_key;
};

class TestAuthority {
 public:
  explicit TestAuthority(const std::string& name = "ringstorm test authority");

  TestIdentity issue(const CertificateWish& wish = {}) const;
  /// Its own certificate, as a ca_file has it.
  const std::string& certificate() const { return identity_.certificate; }

 private:
  Identity identity_;
};

TestIdentity self_signed(const CertificateWish& wish = {});

/// A file in the temporary folder that is gone with the object.
class TestFile {
 public:
  explicit TestFile(const std::string& text);
  ~TestFile();
  TestFile(const TestFile&) = delete;
  TestFile& operator=(const TestFile&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

}  // namespace ringstorm::test
