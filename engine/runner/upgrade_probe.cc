#include "runner/upgrade_probe.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <vector>

#include <poll.h>

#include "base/clock.h"
#include "codec/http_answer.h"
#include "codec/secure_random.h"
#include "transport/chain.h"

namespace ringstorm {
namespace {

constexpr std::size_t kPieceBytes = 32 * 1024;
std::span<const std::byte> bytes_of(std::string_view text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}

/// A socket with a deadline; every call that misses it, or fails, says false.
class Wire {
 public:
  explicit Wire(const SocketAddress& address)
      : socket_(::socket(address.family(), SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)) {}

  void allow(Duration patience) { deadline_ = MonotonicClock::now() + patience; }

  bool connect(const SocketAddress& address) {
    if (::connect(socket_.get(), address.get(), address.length) == 0) return true;
    if (errno != EINPROGRESS || !wait(POLLOUT)) return false;
    int code = 0;
    socklen_t length = sizeof code;
    return ::getsockopt(socket_.get(), SOL_SOCKET, SO_ERROR, &code, &length) == 0 && code == 0;
  }
  bool send(std::span<const std::byte> bytes) {
    while (!bytes.empty()) {
      const ssize_t sent = ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent > 0)
        bytes = bytes.subspan(static_cast<std::size_t>(sent));
      else if (errno != EAGAIN || !wait(POLLOUT))
        return false;
    }
    return true;
  }
  /// Empty at the end of the stream, too.
  std::span<std::byte> receive(std::span<std::byte> room) {
    for (;;) {
      const ssize_t count = ::recv(socket_.get(), room.data(), room.size(), 0);
      if (count >= 0) return room.first(static_cast<std::size_t>(count));
      if (errno != EAGAIN || !wait(POLLIN)) return {};
    }
  }

 private:
  bool wait(short events) {
    const Duration left = deadline_ - MonotonicClock::now();
    if (left <= Duration{0}) return false;
    pollfd ready{socket_.get(), events, 0};
    return ::poll(&ready, 1, static_cast<int>(std::chrono::ceil<std::chrono::milliseconds>(left).count())) >
           0;
  }

  Descriptor socket_;
  Instant deadline_{};
};

/// The wire with the route's stages on it.
class ProbedConnection {
 public:
  ProbedConnection(const Plan& plan, const SocketAddress& address) : plan_(plan), wire_(address) {
    for (const auto& kind : plan.route) factories_.push_back(kind->for_shard());
  }

  bool open(const SocketAddress& address) {
    const Scenario& s = plan_.scenario;
    wire_.allow(s.connect_timeout);
    if (!wire_.connect(address)) return false;
    if (factories_.empty()) return true;
    wire_.allow(s.proxy_timeout + s.tls_timeout);
    chain_.begin(factories_);
    while (!chain_.open()) {
      if (!flush() || !take()) return false;
    }
    return flush();
  }

  bool say(std::span<const std::byte> bytes) {
    if (factories_.empty()) return wire_.send(bytes);
    while (!bytes.empty()) {
      const auto piece = bytes.first(std::min(bytes.size(), chain_.stage().plain_room(out_.size())));
      if (piece.empty() || !wire_.send(std::span(out_).first(chain_.stage().seal(piece, out_)))) return false;
      bytes = bytes.subspan(piece.size());
    }
    return true;
  }

  /// What the server has said so far, through the stages; false when nothing more will come.
  bool hear() {
    wire_.allow(plan_.scenario.upgrade_timeout);
    return take() && flush();
  }
  const std::string& heard() const { return heard_; }

 private:
  bool flush() {
    while (!factories_.empty() && chain_.stage().has_output()) {
      if (!wire_.send(std::span(out_).first(chain_.stage().write_output(out_)))) return false;
    }
    return true;
  }

  bool take() {
    std::span<std::byte> input = wire_.receive(in_);
    if (input.empty()) return false;
    if (factories_.empty()) return hear(input);
    for (;;) {
      const TransportEvent event = chain_.next(input, scratch_, factories_);
      switch (event.kind) {
        case TransportEvent::Kind::need_more: return true;
        case TransportEvent::Kind::plaintext: hear(event.bytes); break;
        case TransportEvent::Kind::ready:
          if (!flush()) return false;
          break;
        case TransportEvent::Kind::closed:
        case TransportEvent::Kind::failed: return false;
      }
    }
  }
  bool hear(std::span<const std::byte> bytes) {
    heard_.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    return true;
  }

  const Plan& plan_;
  Wire wire_;
  TransportFactories factories_;
  TransportChain chain_;
  std::vector<std::byte> in_ = std::vector<std::byte>(kPieceBytes);
  std::vector<std::byte> out_ = std::vector<std::byte>(kPieceBytes);
  std::vector<std::byte> scratch_ = std::vector<std::byte>(TransportStage::kScratchBytes);
  std::string heard_;
};

std::string request_of(const Plan& plan) {
  const UpgradeRequestTemplate request(plan.upgrade);
  SecureRandom random;
  Nonce nonce{};
  random.fill(nonce);
  std::string bytes(request.size(), '\0');
  request.write(std::as_writable_bytes(std::span(bytes)), encode_nonce(nonce));
  return bytes;
}

/// A masked close frame with code 1000 (RFC 6455 section 5.5.1).
std::array<std::byte, 8> goodbye() {
  std::array<std::byte, 4> key{};
  SecureRandom random;
  random.fill(key);
  return {std::byte{0x88},          std::byte{0x82},         key[0], key[1], key[2], key[3],
          std::byte{0x03} ^ key[0], std::byte{0xE8} ^ key[1]};
}

}  // namespace

std::optional<ProbeAnswer> probe_upgrade(const Plan& plan, const SocketAddress& address) {
  ProbedConnection connection(plan, address);
  if (!connection.open(address) || !connection.say(bytes_of(request_of(plan)))) return std::nullopt;
  for (;;) {
    const bool more = connection.hear();
    const HttpAnswer answer = read_http_answer(connection.heard(), plan.scenario.max_head_bytes);
    if (answer.kind == HttpAnswer::Kind::whole) {
      if (answer.status == 101) connection.say(goodbye());
      return ProbeAnswer{.status = answer.status,
                         .location = std::string{answer.location},
                         .cookies = {answer.cookies.begin(), answer.cookies.end()}};
    }
    if (answer.kind != HttpAnswer::Kind::need_more || !more) return std::nullopt;
  }
}

}  // namespace ringstorm
