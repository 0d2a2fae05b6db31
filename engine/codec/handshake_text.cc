// The writing side of the opening handshake: keys, the request's bytes, the server's answers.
#include <algorithm>
#include <cstring>
#include <memory>

#include <boost/beast/core/string.hpp>
#include <boost/beast/http/status.hpp>
#include <openssl/evp.h>

#include "base/check.h"
#include "codec/handshake.h"

namespace ringstorm {
namespace {

constexpr std::string_view kAcceptGuid = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";  // RFC 6455 section 1.3
constexpr std::size_t kSha1Bytes = 20;

template <std::size_t characters, std::size_t bytes>
std::array<char, characters> base64(const std::array<unsigned char, bytes>& data) {
  static_assert(characters == (bytes + 2) / 3 * 4);
  std::array<unsigned char, characters + 1> encoded{};  // OpenSSL adds a final NUL
  EVP_EncodeBlock(encoded.data(), data.data(), static_cast<int>(bytes));
  std::array<char, characters> text{};
  std::copy_n(encoded.begin(), characters, text.begin());
  return text;
}

/// One per thread: fetching the digest and allocating its context for each of a million upgrades would be the
/// larger part of their cost.
class Sha1 {
 public:
  Sha1() : digest_(EVP_MD_fetch(nullptr, "SHA1", nullptr)), context_(EVP_MD_CTX_new()) {
    RS_CHECK(digest_ != nullptr);
    RS_CHECK(context_ != nullptr);
  }
  std::array<unsigned char, kSha1Bytes> operator()(std::string_view a, std::string_view b) {
    std::array<unsigned char, kSha1Bytes> sum{};
    RS_CHECK(EVP_DigestInit_ex2(context_.get(), digest_.get(), nullptr) == 1);
    RS_CHECK(EVP_DigestUpdate(context_.get(), a.data(), a.size()) == 1);
    RS_CHECK(EVP_DigestUpdate(context_.get(), b.data(), b.size()) == 1);
    RS_CHECK(EVP_DigestFinal_ex(context_.get(), sum.data(), nullptr) == 1);
    return sum;
  }

 private:
  struct Free {
    void operator()(EVP_MD* digest) const { EVP_MD_free(digest); }
    void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
  };
  std::unique_ptr<EVP_MD, Free> digest_;
  std::unique_ptr<EVP_MD_CTX, Free> context_;
};

bool same_name(std::string_view a, std::string_view b) {
  return boost::beast::iequals({a.data(), a.size()}, {b.data(), b.size()});
}

void append_header(std::string& bytes, std::string_view name, std::string_view value) {
  bytes.append(name).append(": ").append(value).append("\r\n");
}

/// The request's own headers named `name`, or, when it has none, `name: value` unless that is empty.
void append_replaceable(std::string& bytes, const UpgradeRequest& request, std::string_view name,
                        std::string_view value) {
  bool replaced = false;
  for (const auto& [own_name, own_value] : request.headers) {
    if (!same_name(own_name, name)) continue;
    append_header(bytes, own_name, own_value);
    replaced = true;
  }
  if (!replaced && !value.empty()) append_header(bytes, name, value);
}

bool is_replaceable(std::string_view name) {
  return same_name(name, "Host") || same_name(name, "Origin") || same_name(name, "Sec-WebSocket-Protocol");
}

std::string join(std::span<const std::string> names) {
  std::string list;
  for (const std::string& name : names) list.append(list.empty() ? "" : ", ").append(name);
  return list;
}

}  // namespace

NonceText encode_nonce(const Nonce& nonce) {
  std::array<unsigned char, sizeof(Nonce)> bytes{};
  std::memcpy(bytes.data(), nonce.data(), bytes.size());
  return base64<sizeof(NonceText)>(bytes);
}

AcceptKey accept_key(std::string_view key) {
  thread_local Sha1 sha1;
  return base64<sizeof(AcceptKey)>(sha1(key, kAcceptGuid));
}

bool is_fixed_upgrade_header(std::string_view name) {
  return same_name(name, "Upgrade") || same_name(name, "Connection") ||
         same_name(name, "Sec-WebSocket-Key") || same_name(name, "Sec-WebSocket-Version");
}

// In the order of the example in RFC 6455 section 1.2.
UpgradeRequestTemplate::UpgradeRequestTemplate(const UpgradeRequest& request) {
  bytes_.append("GET ").append(request.target).append(" HTTP/1.1\r\n");
  append_replaceable(bytes_, request, "Host", request.host);
  bytes_.append("Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: ");
  key_at_ = bytes_.size();
  bytes_.append(sizeof(NonceText), '?').append("\r\nSec-WebSocket-Version: 13\r\n");
  append_replaceable(bytes_, request, "Origin", request.origin);
  append_replaceable(bytes_, request, "Sec-WebSocket-Protocol", join(request.subprotocols));
  if (request.deflate) append_header(bytes_, "Sec-WebSocket-Extensions", to_string(*request.deflate));
  for (const auto& [name, value] : request.headers) {
    RS_CHECK(!is_fixed_upgrade_header(name));
    if (!is_replaceable(name)) append_header(bytes_, name, value);
  }
  bytes_.append("\r\n");
}

void UpgradeRequestTemplate::write(std::span<std::byte> out, const NonceText& key) const {
  RS_CHECK(out.size() >= bytes_.size());
  std::memcpy(out.data(), bytes_.data(), bytes_.size());
  std::memcpy(&out[key_at_], key.data(), key.size());
}

std::string upgrade_response(std::string_view key, std::string_view subprotocol, std::string_view extension) {
  const AcceptKey accept = accept_key(key);
  std::string response = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n";
  append_header(response, "Sec-WebSocket-Accept", {accept.data(), accept.size()});
  if (!subprotocol.empty()) append_header(response, "Sec-WebSocket-Protocol", subprotocol);
  if (!extension.empty()) append_header(response, "Sec-WebSocket-Extensions", extension);
  return response.append("\r\n");
}

std::string refusal_response(int status) {
  const auto reason = boost::beast::http::obsolete_reason(static_cast<boost::beast::http::status>(status));
  std::string response = "HTTP/1.1 " + std::to_string(status) + " ";
  response.append(reason.data(), reason.size()).append("\r\n");
  append_header(response, "Connection", "close");
  append_header(response, "Content-Length", "0");
  if (status == 405) append_header(response, "Allow", "GET");
  if (status == 426) append_header(response, "Sec-WebSocket-Version", "13");
  return response.append("\r\n");
}

}  // namespace ringstorm
