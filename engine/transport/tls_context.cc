#include "transport/tls_context.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <new>
#include <string_view>

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "base/nearest_name.h"
#include "transport/tls_failure.h"
#include "transport/tls_stage.h"

namespace ringstorm {
namespace {

constexpr unsigned char kAlpn[] = {8, 'h', 't', 't', 'p', '/', '1', '.', '1'};
// Whatever the value is, sessions are accepted where they were made.
constexpr unsigned char kSessionContext[] = {'r', 'i', 'n', 'g', 's', 't', 'o', 'r', 'm'};
// RFC 8446 B.4; OpenSSL passes over a name it does not know.
constexpr std::array<std::string_view, 5> kSuites{"TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384",
                                                  "TLS_CHACHA20_POLY1305_SHA256", "TLS_AES_128_CCM_SHA256",
                                                  "TLS_AES_128_CCM_8_SHA256"};

using Errors = std::vector<Error>;

int version_number(TlsVersion version) {
  return version == TlsVersion::tls12 ? TLS1_2_VERSION : TLS1_3_VERSION;
}

std::vector<std::string> split(const std::string& list) {
  std::vector<std::string> names(1);
  for (const char c : list) {
    if (c == ':' || c == ',' || c == ' ') {
      names.emplace_back();
    } else {
      names.back() += c;
    }
  }
  std::erase(names, "");
  return names;
}

std::vector<std::string_view> known_ciphers(SSL_CTX* context) {
  std::vector<std::string_view> names;
  STACK_OF(SSL_CIPHER)* ciphers = SSL_CTX_get_ciphers(context);
  for (int i = 0; i < sk_SSL_CIPHER_num(ciphers); ++i)
    names.emplace_back(SSL_CIPHER_get_name(sk_SSL_CIPHER_value(ciphers, i)));
  return names;
}

// OpenSSL passes over what it does not know in a list, so each word is asked for by itself. "!", "-" and "+"
// before a word take from the list or move in it; "@" begins a command.
void choose_ciphers(SSL_CTX* context, const std::string& list, Errors& errors) {
  if (list.empty()) return;
  const SslContext scratch{SSL_CTX_new(TLS_method())};
  const std::vector<std::string_view> known = known_ciphers(scratch.get());
  for (const std::string& word : split(list)) {
    const std::string name = word.substr(word.find_first_not_of("!-+"));
    if (name.starts_with('@') || SSL_CTX_set_cipher_list(scratch.get(), name.c_str()) == 1) continue;
    errors.push_back({"/tls/ciphers",
                      "unknown cipher \"" + name + "\", expected OpenSSL's name of one of TLS 1.2",
                      did_you_mean(name, known)});
  }
  if (SSL_CTX_set_cipher_list(context, list.c_str()) != 1 && errors.empty())
    errors.push_back({"/tls/ciphers", "\"" + list + "\" leaves no cipher", ""});
  ERR_clear_error();
}

void choose_suites(SSL_CTX* context, const std::string& list, Errors& errors) {
  if (list.empty()) return;
  for (const std::string& name : split(list)) {
    if (std::find(kSuites.begin(), kSuites.end(), name) != kSuites.end()) continue;
    errors.push_back(
        {"/tls/ciphersuites",
         "unknown cipher suite \"" + name + "\", expected one of TLS 1.3, such as TLS_AES_128_GCM_SHA256",
         did_you_mean(name, kSuites)});
  }
  if (SSL_CTX_set_ciphersuites(context, list.c_str()) != 1 && errors.empty())
    errors.push_back({"/tls/ciphersuites", last_openssl_error(), ""});
}

void choose_groups(SSL_CTX* context, const std::string& list, Errors& errors) {
  if (list.empty() || SSL_CTX_set1_groups_list(context, list.c_str()) == 1) return;
  ERR_clear_error();
  for (const std::string& name : split(list)) {
    if (SSL_CTX_set1_groups_list(context, name.c_str()) == 1) continue;
    errors.push_back({"/tls/groups", "unknown group \"" + name + "\", expected OpenSSL's name of one",
                      "such as X25519, P-256 or P-384"});
  }
  if (errors.empty()) errors.push_back({"/tls/groups", "\"" + list + "\" is no list of groups", ""});
  ERR_clear_error();
}

void choose_versions(SSL_CTX* context, const TlsChoices& choices, Errors& errors) {
  if (choices.min_version > choices.max_version)
    errors.push_back({"/tls/min_version", "is above max_version, which leaves no version", ""});
  SSL_CTX_set_min_proto_version(context, version_number(choices.min_version));
  SSL_CTX_set_max_proto_version(context, version_number(choices.max_version));
}

// "SSLKEYLOGFILE" means the file that the variable of that name names, as other programs take it unasked.
std::string key_log_path(const std::string& given, Errors& errors) {
  if (given != "SSLKEYLOGFILE") return given;
  const char* path = std::getenv("SSLKEYLOGFILE");
  if (path != nullptr && *path != '\0') return path;
  errors.push_back({"/tls/key_log", "asks for the file that SSLKEYLOGFILE names, and it names none",
                    "set it, or give a path"});
  return {};
}

void open_key_log(TlsContext& context, const std::string& given, Errors& errors) {
  const std::string path = key_log_path(given, errors);
  if (path.empty()) return;
  if (!context.log_keys_to(path))
    errors.push_back({"/tls/key_log", path + " cannot be written: " + std::strerror(errno), ""});
}

void on_info(const SSL* ssl, int where, int value) {
  if ((where & SSL_CB_WRITE_ALERT) == SSL_CB_WRITE_ALERT) TlsStage::of(ssl).on_alert_sent(value & 0xFF);
}

int on_verified(int good, X509_STORE_CTX* store) {
  if (good == 0) {
    const void* ssl = X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx());
    TlsStage::of(static_cast<const SSL*>(ssl)).on_unverified(X509_STORE_CTX_get_current_cert(store));
  }
  return good;
}

// OpenSSL gives the session away when 1 is returned.
int on_session(SSL* ssl, SSL_SESSION* session) {
  TlsStage::of(ssl).on_new_session(SslSession{session});
  return 1;
}

std::shared_ptr<TlsContext> new_context(const TlsChoices& choices, Errors& errors) {
  SslContext made{SSL_CTX_new(TLS_method())};
  if (made == nullptr) throw std::bad_alloc();
  auto context = std::make_shared<TlsContext>(std::move(made));
  SSL_CTX* ctx = context->get();
  choose_versions(ctx, choices, errors);
  choose_ciphers(ctx, choices.ciphers, errors);
  choose_suites(ctx, choices.ciphersuites, errors);
  choose_groups(ctx, choices.groups, errors);
  open_key_log(*context, choices.key_log, errors);
  // Renegotiation is refused (RFC 8446 has none); compression tells lengths to whoever listens (RFC
  // 7525 3.3).
  SSL_CTX_set_options(ctx, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
  // An idle connection gives its two record buffers back, of 17 KiB each.
  SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS);
  // As many records as have come in one read, not a header and then its body.
  SSL_CTX_set_read_ahead(ctx, 1);
  SSL_CTX_set_info_callback(ctx, on_info);
  return context;
}

Bio open_file(const std::string& path, const char* field, Errors& errors) {
  errno = 0;
  Bio file{BIO_new_file(path.c_str(), "r")};
  if (file == nullptr)
    errors.push_back({field, path + " cannot be read: " + std::strerror(errno != 0 ? errno : EIO), ""});
  ERR_clear_error();
  return file;
}

/// The first certificate is our own, those behind it its chain.
bool use_chain(SSL_CTX* context, BIO* pem) {
  const Certificate own{PEM_read_bio_X509_AUX(pem, nullptr, nullptr, nullptr)};
  if (own == nullptr || SSL_CTX_use_certificate(context, own.get()) != 1) return false;
  while (X509* next = PEM_read_bio_X509(pem, nullptr, nullptr, nullptr)) {
    if (SSL_CTX_add0_chain_cert(context, next) != 1) {
      X509_free(next);
      return false;
    }
  }
  return ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;  // no more of them
}

int no_passphrase(char*, int, int, void*) {
  return -1;
}

void use_identity(SSL_CTX* context, BIO* certificate, BIO* private_key, Errors& errors) {
  if (!use_chain(context, certificate))
    errors.push_back({"/tls/certificate", "holds no certificate that can be used: " + last_openssl_error(),
                      "PEM is expected, our own certificate first"});
  ERR_clear_error();
  const PrivateKey key{PEM_read_bio_PrivateKey(private_key, nullptr, no_passphrase, nullptr)};
  if (key == nullptr) {
    errors.push_back({"/tls/private_key", "holds no private key that can be used: " + last_openssl_error(),
                      "PEM without a passphrase is expected"});
  } else if (errors.empty() && SSL_CTX_use_PrivateKey(context, key.get()) != 1) {
    errors.push_back({"/tls/private_key", "is not the key of the certificate: " + last_openssl_error(), ""});
  }
  ERR_clear_error();
}

void use_identity_files(SSL_CTX* context, const TlsClientOptions& options, Errors& errors) {
  if (options.certificate.empty() && options.private_key.empty()) return;
  if (options.certificate.empty() || options.private_key.empty()) {
    const bool no_key = options.private_key.empty();
    errors.push_back({no_key ? "/tls/certificate" : "/tls/private_key",
                      no_key ? "needs its private_key beside it" : "needs its certificate beside it", ""});
    return;
  }
  const Bio certificate = open_file(options.certificate, "/tls/certificate", errors);
  const Bio private_key = open_file(options.private_key, "/tls/private_key", errors);
  if (certificate && private_key) use_identity(context, certificate.get(), private_key.get(), errors);
}

void trust(SSL_CTX* context, const std::string& ca_file, Errors& errors) {
  if (ca_file.empty()) {
    SSL_CTX_set_default_verify_paths(context);
  } else if (open_file(ca_file, "/tls/ca_file", errors) != nullptr &&
             SSL_CTX_load_verify_locations(context, ca_file.c_str(), nullptr) != 1) {
    errors.push_back(
        {"/tls/ca_file", ca_file + " holds no certificate: " + last_openssl_error(), "PEM is expected"});
  }
  ERR_clear_error();
}

void verify_host(SSL_CTX* context, const std::string& host) {
  X509_VERIFY_PARAM* rules = SSL_CTX_get0_param(context);
  if (is_address(host)) {
    X509_VERIFY_PARAM_set1_ip_asc(rules, host.c_str());
  } else {
    X509_VERIFY_PARAM_set_hostflags(rules, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    X509_VERIFY_PARAM_set1_host(rules, host.c_str(), host.size());
  }
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER, on_verified);
}

int choose_alpn(SSL*, const unsigned char** out, unsigned char* out_length, const unsigned char* offered,
                unsigned int offered_length, void*) {
  unsigned char* chosen = nullptr;
  const int found = SSL_select_next_proto(&chosen, out_length, kAlpn, sizeof kAlpn, offered, offered_length);
  *out = chosen;
  return found == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
}

}  // namespace

TlsContext::TlsContext(SslContext context) : context_(std::move(context)) {
  SSL_CTX_set_app_data(context_.get(), this);
}

TlsContext::~TlsContext() {
  if (log_ != nullptr) std::fclose(log_);
}

bool TlsContext::log_keys_to(const std::string& path) {
  log_ = std::fopen(path.c_str(), "a");
  if (log_ == nullptr) return false;
  SSL_CTX_set_keylog_callback(context_.get(), [](const SSL* ssl, const char* line) {
    static_cast<TlsContext*>(SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl)))->log_key(line);
  });
  return true;
}

void TlsContext::log_key(const char* line) {
  const std::lock_guard lock(log_mutex_);
  std::fprintf(log_, "%s\n", line);
  std::fflush(log_);
}

Result<std::shared_ptr<TlsContext>> client_context(const TlsClientOptions& options) {
  Errors errors;
  std::shared_ptr<TlsContext> context = new_context(options.choices, errors);
  SSL_CTX* ctx = context->get();
  use_identity_files(ctx, options, errors);
  if (!options.insecure) {
    trust(ctx, options.ca_file, errors);
    verify_host(ctx, options.host);
  }
  SSL_CTX_set_alpn_protos(ctx, kAlpn, sizeof kAlpn);
  if (options.choices.resumption) {
    SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
    SSL_CTX_sess_set_new_cb(ctx, on_session);
  } else {
    SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_options(ctx, SSL_OP_NO_TICKET);
  }
  if (!errors.empty()) return errors;
  return context;
}

Result<std::shared_ptr<TlsContext>> server_context(const TlsServerOptions& options) {
  Errors errors;
  std::shared_ptr<TlsContext> context = new_context(options.choices, errors);
  SSL_CTX* ctx = context->get();
  const auto memory = [](const std::string& text) {
    return Bio{BIO_new_mem_buf(text.data(), static_cast<int>(text.size()))};
  };
  use_identity(ctx, memory(options.certificate).get(), memory(options.private_key).get(), errors);
  if (!options.client_ca_file.empty()) {
    trust(ctx, options.client_ca_file, errors);
    SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  }
  SSL_CTX_set_alpn_select_cb(ctx, choose_alpn, nullptr);
  SSL_CTX_set_session_id_context(ctx, kSessionContext, sizeof kSessionContext);
  // Sessions are the clients' to keep, in tickets.
  SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
  if (!options.choices.resumption) {
    SSL_CTX_set_options(ctx, SSL_OP_NO_TICKET);
    SSL_CTX_set_num_tickets(ctx, 0);
  }
  if (!errors.empty()) return errors;
  return context;
}

bool is_address(const std::string& host) {
  in6_addr six{};
  in_addr four{};
  return ::inet_pton(AF_INET, host.c_str(), &four) == 1 || ::inet_pton(AF_INET6, host.c_str(), &six) == 1;
}

}  // namespace ringstorm
