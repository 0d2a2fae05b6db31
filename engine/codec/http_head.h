// Boost.Beast's parser of HTTP heads as this module uses it: nothing is stored, a derived class looks at each
// field as it passes. A head is parsed from its first byte each time more of it has come: that is rare, and
// leaves no state to get wrong. Only for codec/.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <string_view>

#include <boost/beast/core/error.hpp>
#include <boost/beast/core/string.hpp>
#include <boost/beast/http/basic_parser.hpp>

namespace ringstorm::http_head {

namespace http = boost::beast::http;
using BeastView = boost::beast::string_view;
using BeastError = boost::beast::error_code;

inline std::string_view to_view(BeastView text) {
  return {text.data(), text.size()};
}

/// True when `inner` is a part of `outer`'s own bytes.
inline bool lies_within(std::string_view inner, std::string_view outer) {
  const std::less_equal<const char*> not_after;
  return not_after(outer.data(), inner.data()) &&
         not_after(inner.data() + inner.size(), outer.data() + outer.size());
}

struct Outcome {
  enum class Kind : std::uint8_t { need_more, whole, malformed, too_large };
  Kind kind = Kind::need_more;
  std::size_t head_bytes = 0;  ///< whole: what follows is no head any more
};

template <bool is_request>
class HeadParser : public http::basic_parser<is_request> {
 public:
  Outcome parse(std::string_view head, std::size_t max_head_bytes) {
    const std::string_view looked_at = head.substr(0, max_head_bytes);
    BeastError error;
    this->skip(true);
    this->header_limit(std::numeric_limits<std::uint32_t>::max());  // ours is exact: see looked_at
    const std::size_t used = this->put({looked_at.data(), looked_at.size()}, error);
    if (error == http::error::need_more)
      return {head.size() >= max_head_bytes ? Outcome::Kind::too_large : Outcome::Kind::need_more};
    if (error) return {Outcome::Kind::malformed};
    return {Outcome::Kind::whole, used};
  }

 protected:
  void on_request_impl(http::verb, BeastView, BeastView, int, BeastError&) override {}
  void on_response_impl(int, BeastView, int, BeastError&) override {}
  void on_header_impl(BeastError&) override {}
  void on_body_init_impl(const boost::optional<std::uint64_t>&, BeastError&) override {}
  std::size_t on_body_impl(BeastView, BeastError&) override { return 0; }
  void on_chunk_header_impl(std::uint64_t, BeastView, BeastError&) override {}
  std::size_t on_chunk_body_impl(std::uint64_t, BeastView, BeastError&) override { return 0; }
  void on_finish_impl(BeastError&) override {}
};

}  // namespace ringstorm::http_head
