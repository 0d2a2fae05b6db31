// Which of several addresses answers first, tried as RFC 8305 ("Happy Eyeballs") says. Blocks: for the time
// before a run.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "base/clock.h"
#include "io/address.h"

namespace ringstorm {

/// RFC 8305 section 5: how long an attempt has before the next begins beside it.
inline constexpr Duration kAttemptDelay = milliseconds(250);

/// Indices in the order to try them in: the families take turns, beginning with that of the first address,
/// each in its own order (RFC 8305 section 4).
std::vector<std::size_t> happy_order(std::span<const SocketAddress> addresses);

/// The index of the address that accepted a connection first, which is closed again at once. The next is
/// tried when one has failed, or has not answered within `kAttemptDelay`. Nothing when all have failed, or
/// none has answered within `patience`.
std::optional<std::size_t> first_to_accept(std::span<const SocketAddress> addresses, Duration patience);

}  // namespace ringstorm
