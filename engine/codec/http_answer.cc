#include "codec/http_answer.h"

#include <algorithm>
#include <cctype>
#include <vector>

#include <openssl/evp.h>

#include "codec/http_head.h"

namespace ringstorm {
namespace {

using namespace http_head;

class AnswerHead final : public HeadParser<false> {
 public:
  explicit AnswerHead(std::string_view head) : head_(head) {}

  int status() const { return status_; }
  std::string_view location() const { return location_; }
  const std::vector<std::string_view>& cookies() const { return cookies_; }

 private:
  void on_response_impl(int code, BeastView, int, BeastError&) override { status_ = code; }
  void on_field_impl(http::field name, BeastView, BeastView value, BeastError&) override {
    // Beast joins a folded value in a buffer that is gone after the parse.
    if (!lies_within(to_view(value), head_)) return;
    if (name == http::field::location) location_ = to_view(value);
    if (name == http::field::set_cookie) cookies_.push_back(to_view(value));
  }

  std::string_view head_;
  std::string_view location_;
  std::vector<std::string_view> cookies_;
  int status_ = 0;
};

HttpAnswer::Kind kind_of(Outcome::Kind kind) {
  switch (kind) {
    case Outcome::Kind::need_more: return HttpAnswer::Kind::need_more;
    case Outcome::Kind::whole: return HttpAnswer::Kind::whole;
    case Outcome::Kind::malformed: return HttpAnswer::Kind::malformed;
    case Outcome::Kind::too_large: return HttpAnswer::Kind::too_large;
  }
  return HttpAnswer::Kind::malformed;
}

}  // namespace

HttpAnswer read_http_answer(std::string_view received, std::size_t max_head_bytes) {
  if (!can_be_status_line(received.substr(0, max_head_bytes))) return {.kind = HttpAnswer::Kind::malformed};
  AnswerHead head(received);
  const Outcome outcome = head.parse(received, max_head_bytes);
  HttpAnswer answer{.kind = kind_of(outcome.kind), .head_bytes = outcome.head_bytes};
  if (answer.kind != HttpAnswer::Kind::whole) return answer;
  answer.status = head.status();
  answer.location = head.location();
  answer.cookies = head.cookies();
  return answer;
}

std::string_view telling_part(std::string_view head) {
  constexpr std::string_view kName = "\r\nLocation:";
  const bool points_elsewhere = head.size() > 9 && head.starts_with("HTTP/1.") && head[9] == '3';
  if (!points_elsewhere) return head;
  const auto found = std::search(head.begin(), head.end(), kName.begin(), kName.end(), [](char a, char b) {
    return std::tolower(static_cast<unsigned char>(a)) == std::tolower(static_cast<unsigned char>(b));
  });
  if (found == head.end()) return head;
  const std::string_view line = head.substr(static_cast<std::size_t>(found - head.begin()) + 2);
  return line.substr(0, line.find('\r'));
}

bool can_be_status_line(std::string_view head) {
  static constexpr std::string_view kPattern = "HTTP/1.d ddd";
  const std::size_t count = std::min(head.size(), kPattern.size());
  return std::equal(head.begin(), head.begin() + static_cast<std::ptrdiff_t>(count), kPattern.begin(),
                    [](char c, char wanted) { return wanted == 'd' ? c >= '0' && c <= '9' : c == wanted; });
}

std::string basic_credentials(std::string_view user, std::string_view password) {
  const std::string plain = std::string(user) + ":" + std::string(password);
  std::vector<unsigned char> encoded(4 * ((plain.size() + 2) / 3) + 1);
  EVP_EncodeBlock(encoded.data(), reinterpret_cast<const unsigned char*>(plain.data()),
                  static_cast<int>(plain.size()));
  return "Basic " + std::string(reinterpret_cast<const char*>(encoded.data()));
}

}  // namespace ringstorm
