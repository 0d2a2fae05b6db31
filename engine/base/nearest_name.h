// "Did you mean": the right name nearest to a misspelt one.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace ringstorm {

/// The name that was plausibly meant: equal but for case, a few typing slips away, or begun with the same
/// letters. Empty when none is.
std::string_view nearest_name(std::string_view wrong, std::span<const std::string_view> names);

/// `did you mean "NAME"?`, or nothing when no name is near.
std::string did_you_mean(std::string_view wrong, std::span<const std::string_view> names);

}  // namespace ringstorm
