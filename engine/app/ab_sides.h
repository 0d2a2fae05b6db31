// The two servers of one round: started by their commands, or found where they run. Whatever happens, none of
// those that were started outlives the object.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "app/ab_setup.h"
#include "base/result.h"
#include "io/address.h"
#include "runner/server_under_test.h"
#include "shard/target_addresses.h"

namespace ringstorm {

class AbSides {
 public:
  /// Starts the servers that are commands, in an order drawn from `seed`, on `cores` (the kernel's numbers;
  /// empty: anywhere), with their output in `folder`. Nothing when a signal came first.
  static Result<std::optional<AbSides>> start(const AbSetup& setup, const std::string& folder,
                                              const std::vector<int>& cores, std::uint64_t seed);

  const std::string& url(std::size_t side) const { return sides_[side].url; }
  const TargetAddresses& addresses(std::size_t side) const { return *sides_[side].addresses; }
  std::optional<Duration> cpu_time(std::size_t side) const;
  /// That one of them has ended.
  std::optional<Error> ended();
  /// One after the other is asked to end. What did not do so in time.
  std::vector<std::string> stop();

 private:
  struct Side {
    std::string url;
    std::optional<TargetAddresses> addresses;  ///< one
    std::optional<ServerUnderTest> server;     ///< nothing when it is not ours
  };
  Result<bool> open(std::size_t side, const AbSetup& setup, const std::string& folder,
                    const std::vector<int>& cores);

  std::array<Side, 2> sides_;
};

inline constexpr std::array<const char*, 2> kSideNames{"A", "B"};

}  // namespace ringstorm
