// Cookies of one host (RFC 6265), as far as a load test needs them: taken from answers, sent with requests.
// Nothing is kept from run to run, and a cookie is only ever sent to the host it came from.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace ringstorm {

class CookieJar {
 public:
  /// All of a jar's names and values, in bytes; a cookie beyond it is not kept.
  static constexpr std::size_t kMostBytes = 4096;

  /// Takes the value of a Set-Cookie field that answered a request for `target` (a path, with or without a
  /// query). Known are Path, Secure and Max-Age, which deletes when it is not positive; a run is too short
  /// for anything else (sections 5.2 and 5.3). A cookie of the same name and path is replaced. False when it
  /// is no cookie, or does not fit.
  bool take(std::string_view set_cookie, std::string_view target);

  /// The value of a Cookie field for a request for `target`: "a=1; b=2", longer paths first (section 5.4).
  /// Empty when there is none. `secure`: the request goes over TLS.
  std::string for_request(std::string_view target, bool secure) const;

  bool empty() const { return cookies_.empty(); }

 private:
  struct Cookie {
    std::string name;
    std::string value;
    std::string path;
    bool secure = false;
  };
  std::size_t bytes() const;

  std::vector<Cookie> cookies_;  ///< in the order they came
};

}  // namespace ringstorm
