// What a person may say about TLS, as plain data: one set for the clients of a run, one for a server.
#pragma once

#include <cstdint>
#include <string>

namespace ringstorm {

enum class TlsVersion : std::uint8_t { tls12, tls13 };

/// What both ends may choose. Lists are OpenSSL's: names with colons between them; empty for its own choice.
struct TlsChoices {
  TlsVersion min_version = TlsVersion::tls12;
  TlsVersion max_version = TlsVersion::tls13;
  std::string ciphers = {};       ///< of TLS 1.2
  std::string ciphersuites = {};  ///< of TLS 1.3
  std::string groups = {};        ///< for the key exchange
  bool resumption = true;
  std::string key_log = {};  ///< a file to append the secrets to, in NSS's format; empty for none
};

struct TlsClientOptions {
  TlsChoices choices = {};
  std::string host = {};         ///< whom the certificate must name: a host name, or an address as text
  bool insecure = false;         ///< takes any certificate
  std::string ca_file = {};      ///< PEM; empty for the system's store
  std::string certificate = {};  ///< a file with our own, and its chain; empty for none
  std::string private_key = {};  ///< a file with its key
};

struct TlsServerOptions {
  TlsChoices choices = {};
  std::string certificate = {};  ///< PEM text, with its chain
  std::string private_key = {};  ///< PEM text
  std::string client_ca_file =
      {};  ///< whoever is not certified by one of these is turned away; empty for nobody
};

}  // namespace ringstorm
