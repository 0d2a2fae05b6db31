#include "transport/http_proxy.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "base/check.h"
#include "codec/http_answer.h"

namespace ringstorm {
namespace {

std::string request_for(const HttpProxyRules& rules) {
  std::string request = "CONNECT " + rules.authority + " HTTP/1.1\r\nHost: " + rules.authority + "\r\n";
  if (!rules.credentials.empty()) request += "Proxy-Authorization: " + rules.credentials + "\r\n";
  return request + "\r\n";
}

class HttpProxyStage final : public TransportStage {
 public:
  HttpProxyStage(const std::string& request, std::size_t max_head_bytes)
      : request_(request), max_head_bytes_(max_head_bytes) {}

  void begin() override { unsent_ = request_; }

  TransportEvent next(std::span<std::byte>& input, std::span<std::byte>) override {
    if (over_ || input.empty()) {
      input = {};
      return {};
    }
    if (open_) return {.kind = TransportEvent::Kind::plaintext, .bytes = std::exchange(input, {})};
    return take_answer(input);
  }

  bool has_output() const override { return !unsent_.empty(); }
  std::size_t write_output(std::span<std::byte> out) override {
    const std::size_t written = std::min(out.size(), unsent_.size());
    std::memcpy(out.data(), unsent_.data(), written);
    unsent_.remove_prefix(written);
    return written;
  }

  // These are called when nothing stands above it: then it is the last stage, and changes nothing.
  std::size_t plain_room(std::size_t room) const override { return open_ ? room : 0; }
  std::size_t seal(std::span<const std::byte> plain, std::span<std::byte> out) override {
    RS_CHECK(open_ && plain.size() <= out.size());
    std::memcpy(out.data(), plain.data(), plain.size());
    return plain.size();
  }
  void close() override {}

  Failure ended(Failure tcp) const override {
    const bool closed = tcp.cause == Cause::connection_closed;
    return closed && !open_ ? Failure{Cause::proxy_closed} : tcp;
  }
  Failure timed_out() const override { return {Cause::proxy_timed_out}; }
  std::string_view said() const override { return answer_; }

 private:
  TransportEvent take_answer(std::span<std::byte>& input) {
    const std::size_t before = answer_.size();
    // One byte more than the limit, so that a head beyond it is seen as such.
    const std::size_t taken = std::min(input.size(), max_head_bytes_ + 1 - before);
    answer_.append(reinterpret_cast<const char*>(input.data()), taken);
    const HttpAnswer answer = read_http_answer(answer_, max_head_bytes_);
    switch (answer.kind) {
      case HttpAnswer::Kind::need_more: input = {}; return {};
      case HttpAnswer::Kind::malformed: return fail({Cause::proxy_malformed_head});
      case HttpAnswer::Kind::too_large: return fail({Cause::proxy_head_too_large});
      case HttpAnswer::Kind::whole: break;
    }
    // Any 2xx is the way; its Content-Length means nothing (RFC 9110 section 9.3.6).
    if (answer.status / 100 != 2)
      return fail({Cause::proxy_status, static_cast<std::uint16_t>(answer.status)});
    input = input.subspan(answer.head_bytes - before);
    answer_ = {};
    open_ = true;
    return {.kind = TransportEvent::Kind::ready};
  }

  TransportEvent fail(Failure failure) {
    over_ = true;
    unsent_ = {};
    return {.kind = TransportEvent::Kind::failed, .failure = failure};
  }

  const std::string& request_;
  std::size_t max_head_bytes_;
  std::string_view unsent_;
  std::string answer_;
  bool open_ = false;
  bool over_ = false;
};

class HttpProxyFactory final : public TransportFactory {
 public:
  explicit HttpProxyFactory(const HttpProxyRules& rules)
      : request_(request_for(rules)), max_head_bytes_(rules.max_head_bytes) {}
  TransportPhase phase() const override { return TransportPhase::proxy; }
  std::unique_ptr<TransportStage> make() override {
    return std::make_unique<HttpProxyStage>(request_, max_head_bytes_);
  }

 private:
  const std::string request_;
  const std::size_t max_head_bytes_;
};

class HttpProxyKind final : public TransportKind {
 public:
  explicit HttpProxyKind(HttpProxyRules rules) : rules_(std::move(rules)) {}
  std::unique_ptr<TransportFactory> for_shard() const override {
    return std::make_unique<HttpProxyFactory>(rules_);
  }
  std::size_t overhead(std::size_t) const override { return 0; }
  std::size_t connection_bytes() const override { return sizeof(HttpProxyStage); }

 private:
  const HttpProxyRules rules_;
};

}  // namespace

std::shared_ptr<const TransportKind> http_proxy(const HttpProxyRules& rules) {
  return std::make_shared<HttpProxyKind>(rules);
}

}  // namespace ringstorm
