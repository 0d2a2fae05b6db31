#include "app/ab_sides.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "base/prng.h"
#include "plan/target.h"

namespace ringstorm {
namespace {

std::string log_of(const std::string& folder, std::size_t side) {
  return folder + (side == 0 ? "/a.log" : "/b.log");
}

Result<SocketAddress> address_of(const std::string& url) {
  const auto target = parse_target(url);
  if (!target) return target.errors();
  const auto addresses = resolve(target->host, target->port);
  if (!addresses) return addresses.errors();
  const auto found = std::ranges::find_if(*addresses, accepts_connections);
  if (found == addresses->end())
    return Error{url, "nobody accepts connections there", "start the server, or give its command"};
  return *found;
}

}  // namespace

Result<std::optional<AbSides>> AbSides::start(const AbSetup& setup, const std::string& folder,
                                              const std::vector<int>& cores, std::uint64_t seed) {
  AbSides sides;
  const std::size_t first = Prng(seed).below(2);
  for (const std::size_t side : {first, 1 - first}) {
    const auto opened = sides.open(side, setup, folder, cores);
    if (!opened) return opened.errors();
    if (!*opened) return std::optional<AbSides>();
  }
  // The first may have ended while the second was starting.
  if (auto error = sides.ended()) return *error;
  return std::optional(std::move(sides));
}

// False when a signal came first.
Result<bool> AbSides::open(std::size_t side, const AbSetup& setup, const std::string& folder,
                           const std::vector<int>& cores) {
  const AbServer& given = setup.servers[side];
  Side& opened = sides_[side];
  if (given.is_url) {
    const auto address = address_of(given.text);
    if (!address) return address.errors();
    opened.url = given.text;
    opened.addresses.emplace(std::vector{*address});
    return true;
  }
  auto started = ServerUnderTest::start({.name = kSideNames[side],
                                         .text = given.text,
                                         .cores = cores,
                                         .log = log_of(folder, side),
                                         .patience = setup.patience,
                                         .grace = setup.grace});
  if (!started) return started.errors();
  if (!*started) return false;
  opened.server.emplace(std::move(**started));
  opened.addresses.emplace(std::vector{opened.server->address()});
  opened.url = local_url(setup.scenario, opened.server->address().to_string());
  return true;
}

std::optional<Duration> AbSides::cpu_time(std::size_t side) const {
  return sides_[side].server ? sides_[side].server->cpu_time() : std::nullopt;
}

std::optional<Error> AbSides::ended() {
  for (Side& side : sides_) {
    if (!side.server) continue;
    if (auto error = side.server->ended()) return error;
  }
  return std::nullopt;
}

std::vector<std::string> AbSides::stop() {
  std::vector<std::string> killed;
  for (std::size_t side = 0; side < sides_.size(); ++side) {
    if (sides_[side].server && !sides_[side].server->stop())
      killed.push_back(
          fmt::format("server {} did not end when it was asked to and was killed", kSideNames[side]));
  }
  return killed;
}

}  // namespace ringstorm
