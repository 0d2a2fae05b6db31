#include "sim/sim_network.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "base/check.h"

namespace ringstorm {

SimNetwork::SimNetwork(SimTimeline& timeline, const SimFaults& faults, const SimNetworkOptions& options,
                       std::uint64_t seed, PeerFactory factory)
    : timeline_(timeline), faults_(faults), options_(options), prng_(seed), factory_(std::move(factory)) {}

std::shared_ptr<SimConnection> SimNetwork::connect(const SocketAddress& address,
                                                   std::function<void()> on_change) {
  auto connection = std::make_shared<SimConnection>(*this, std::move(on_change));
  const auto fail = [&](int error, Duration after) {
    timeline_.after(after, [connection, error] {
      connection->state_ = SimConnection::State::failed;
      connection->connect_error_ = error;
      connection->changed();
    });
  };
  if (chance(prng_, faults_.refused)) {
    fail(ECONNREFUSED, delay());
  } else if (chance(prng_, faults_.unreachable)) {
    fail(EHOSTUNREACH, delay());
  } else if (chance(prng_, faults_.connect_hangs)) {
    if (chance(prng_, 0.5)) fail(ETIMEDOUT, seconds(127));
  } else {
    timeline_.after(delay() + delay(), [this, connection, address] { establish(connection, address); });
  }
  return connection;
}

void SimNetwork::establish(const std::shared_ptr<SimConnection>& connection, const SocketAddress& address) {
  if (connection->client_gone_) return;
  ++established_;
  connection->state_ = SimConnection::State::established;
  connection->peer_ = factory_(address, *connection);
  connection->changed();
  connection->peer_->on_connected();
}

Instant SimConnection::take(std::span<std::byte> into) {
  RS_CHECK(into.size() <= arrived());
  std::memcpy(into.data(), arrived_.data() + taken_, into.size());
  taken_ += into.size();
  if (taken_ == arrived_.size()) {
    arrived_.clear();
    taken_ = 0;
  }
  taken_in_all_ += into.size();
  while (stamps_.front().end < taken_in_all_) stamps_.pop_front();
  const Instant stamp = stamps_.front().at;
  if (stamps_.front().end == taken_in_all_) stamps_.pop_front();
  return stamp;
}

int SimConnection::take_error() {
  return std::exchange(error_, 0);
}

std::size_t SimConnection::window() const {
  return network_.options().window_bytes - std::min(unread_by_peer_, network_.options().window_bytes);
}

void SimConnection::write(std::span<const std::byte> bytes) {
  RS_CHECK(!client_gone_);
  unread_by_peer_ += bytes.size();
  writes_.push_back({.end = (writes_.empty() ? 0 : writes_.back().end) + bytes.size(), .at = now()});
  to_peer(network_.delay(), [this, copy = std::string(reinterpret_cast<const char*>(bytes.data()),
                                                      bytes.size())]() mutable { deliver_to_peer(copy); });
}

void SimConnection::deliver_to_peer(std::string& bytes) {
  unread_by_peer_ -= bytes.size();
  if (!peer_gone_) {
    peer_->on_bytes(std::as_writable_bytes(std::span(bytes)));
  } else if (!broken_) {
    to_client(network_.delay(), [this] { break_off(); });  // nobody there any more: the answer is a reset
  }
  changed();
}

void SimConnection::close() {
  client_gone_ = true;
  if (state_ == State::established) to_peer(network_.delay(), [this] { end_peer(); });
}

void SimConnection::send(std::string_view bytes) {
  if (peer_gone_ || bytes.empty()) return;
  std::size_t first = bytes.size();
  if (chance(prng(), faults().cut_stream)) first = 1 + prng().below(bytes.size());
  piece_to_client(std::string(bytes.substr(0, first)), network_.delay());
  if (first == bytes.size()) return;
  const bool late = chance(prng(), faults().late_piece);
  piece_to_client(std::string(bytes.substr(first)), late ? 20 * network_.delay() : network_.delay());
}

void SimConnection::piece_to_client(std::string bytes, Duration delay) {
  to_client(delay, [this, piece = std::move(bytes)] {
    if (client_gone_) return;  // the end of the stream, or a reset, is already on its way to the peer
    arrived_ += piece;
    arrivals_.push_back({.end = taken_in_all_ + arrived(), .at = now()});
    if (!stamps_.empty() && chance(prng(), faults().merged_stamp)) stamps_.pop_back();
    stamps_.push_back(arrivals_.back());
    changed();
  });
}

void SimConnection::finish() {
  if (peer_gone_) return;
  peer_gone_ = true;
  to_client(network_.delay(), [this] {
    finished_ = true;
    changed();
  });
}

void SimConnection::reset() {
  if (peer_gone_) return;
  peer_gone_ = true;
  to_client(network_.delay(), [this] { break_off(); });
}

// A reset arrives. What came before it can still be read; the error depends on whether the stream had ended
// (tcp_reset).
void SimConnection::break_off() {
  if (broken_ || client_gone_) return;
  error_ = finished_ ? EPIPE : ECONNRESET;
  broken_ = true;
  finished_ = true;
  changed();
}

void SimConnection::end_peer() {
  if (std::exchange(peer_gone_, true)) return;
  peer_->on_end();
}

void SimConnection::stall(Duration duration) {
  last_to_peer_ = std::max(last_to_peer_, network_.timeline().now() + duration);
}

void SimConnection::later(Duration delay, std::function<void()> action) {
  network_.timeline().after(delay, [self = shared_from_this(), act = std::move(action)] {
    if (!self->peer_gone_) act();
  });
}

void SimConnection::to_client(Duration delay, std::function<void()> action) {
  last_to_client_ = std::max(last_to_client_, network_.timeline().now() + delay);
  network_.timeline().at(last_to_client_, [self = shared_from_this(), act = std::move(action)] { act(); });
}

void SimConnection::to_peer(Duration delay, std::function<void()> action) {
  last_to_peer_ = std::max(last_to_peer_, network_.timeline().now() + delay);
  network_.timeline().at(last_to_peer_,
                         [self = shared_from_this(), act = std::move(action)]() mutable { act(); });
}

}  // namespace ringstorm
