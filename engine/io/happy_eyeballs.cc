#include "io/happy_eyeballs.h"

#include <algorithm>
#include <cerrno>

#include <poll.h>

namespace ringstorm {
namespace {

/// The attempts of one race: a socket each, those that failed closed.
class Race {
 public:
  Race(std::span<const SocketAddress> addresses, Duration patience)
      : addresses_(addresses), order_(happy_order(addresses)), deadline_(MonotonicClock::now() + patience) {}

  std::optional<std::size_t> winner() {
    Instant now = MonotonicClock::now();
    for (; now < deadline_; now = MonotonicClock::now()) {
      if (polls_.empty() || now >= next_begin_) {
        if (const auto at_once = begin_next(now)) return at_once;
      }
      if (polls_.empty() && begun_ == order_.size()) return std::nullopt;
      if (const auto found = wait(now)) return found;
    }
    return std::nullopt;
  }

 private:
  /// The index, when the kernel accepts at once.
  std::optional<std::size_t> begin_next(Instant now) {
    next_begin_ = now + kAttemptDelay;
    if (begun_ == order_.size()) return std::nullopt;
    const std::size_t index = order_[begun_++];
    const SocketAddress& address = addresses_[index];
    Descriptor socket(::socket(address.family(), SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    const int code = ::connect(socket.get(), address.get(), address.length) == 0 ? 0 : errno;
    if (code == 0) return index;
    if (code != EINPROGRESS) {
      next_begin_ = now;
      return std::nullopt;
    }
    polls_.push_back({socket.get(), POLLOUT, 0});
    sockets_.push_back(std::move(socket));
    indices_.push_back(index);
    return std::nullopt;
  }

  /// Until an attempt is decided or the next is due.
  std::optional<std::size_t> wait(Instant now) {
    const Instant until = begun_ == order_.size() ? deadline_ : std::min(next_begin_, deadline_);
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(std::max(until - now, Duration{0}));
    if (::poll(polls_.data(), polls_.size(), static_cast<int>(left.count())) <= 0) return std::nullopt;
    for (std::size_t i = polls_.size(); i-- > 0;) {
      if (polls_[i].revents == 0) continue;
      int code = 0;
      socklen_t length = sizeof code;
      ::getsockopt(polls_[i].fd, SOL_SOCKET, SO_ERROR, &code, &length);
      if (code == 0) return indices_[i];
      drop(i);
      next_begin_ = now;  // one that has failed need not be given more time
    }
    return std::nullopt;
  }

  void drop(std::size_t i) {
    const auto at = static_cast<std::ptrdiff_t>(i);
    polls_.erase(polls_.begin() + at);
    sockets_.erase(sockets_.begin() + at);
    indices_.erase(indices_.begin() + at);
  }

  std::span<const SocketAddress> addresses_;
  std::vector<std::size_t> order_;
  Instant deadline_;
  Instant next_begin_{};
  std::size_t begun_ = 0;
  std::vector<pollfd> polls_;
  std::vector<Descriptor> sockets_;
  std::vector<std::size_t> indices_;
};

}  // namespace

std::vector<std::size_t> happy_order(std::span<const SocketAddress> addresses) {
  std::vector<std::size_t> preferred;
  std::vector<std::size_t> others;
  for (std::size_t i = 0; i < addresses.size(); ++i)
    (addresses[i].family() == addresses.front().family() ? preferred : others).push_back(i);
  std::vector<std::size_t> order;
  for (std::size_t i = 0; i < std::max(preferred.size(), others.size()); ++i) {
    if (i < preferred.size()) order.push_back(preferred[i]);
    if (i < others.size()) order.push_back(others[i]);
  }
  return order;
}

std::optional<std::size_t> first_to_accept(std::span<const SocketAddress> addresses, Duration patience) {
  return Race(addresses, patience).winner();
}

}  // namespace ringstorm
