#include "plan/sources.h"

#include <algorithm>
#include <bit>
#include <charconv>
#include <optional>
#include <set>
#include <string_view>
#include <utility>
#include <variant>

#include <arpa/inet.h>
#include <fmt/format.h>

#include "base/check.h"
#include "base/units.h"
#include "base/wide.h"

namespace ringstorm {
namespace {

constexpr std::uint64_t kMostAddresses = 65'536;
constexpr const char* kWhere = "/source_addresses";
constexpr const char* kForms =
    "an address, a range such as 127.0.0.2-127.0.0.60, or a block such as 127.0.0.0/26";

std::size_t size_of(bool v6) {
  return v6 ? 16 : 4;
}

Wide number_of(const IpAddress& address) {
  Wide number = 0;
  for (std::size_t i = 0; i < size_of(address.v6); ++i) number = number << 8 | address.octets[i];
  return number;
}

IpAddress address_of(Wide number, bool v6) {
  IpAddress address{.v6 = v6};
  for (std::size_t i = size_of(v6); i-- > 0; number >>= 8)
    address.octets[i] = static_cast<std::uint8_t>(number);
  return address;
}

std::optional<IpAddress> parse_address(std::string_view text) {
  const std::string terminated(text);
  IpAddress address;
  if (::inet_pton(AF_INET, terminated.c_str(), address.octets.data()) == 1) return address;
  address.v6 = ::inet_pton(AF_INET6, terminated.c_str(), address.octets.data()) == 1;
  return address.v6 ? std::optional(address) : std::nullopt;
}

bool is_loopback(const IpAddress& address) {
  return !address.v6 && address.octets[0] == 127;
}

/// What is wrong with a text, without the place.
struct Fault {
  std::string what;
};
using Parsed = std::variant<AddressRange, Fault>;

Parsed counted(const IpAddress& first, Wide count) {
  if (count > kMostAddresses)
    return Fault{fmt::format("more than {} addresses", format_count(kMostAddresses))};
  return AddressRange{first, static_cast<std::uint64_t>(count)};
}

Parsed parse_range(std::string_view from, std::string_view to) {
  const auto first = parse_address(from), last = parse_address(to);
  if (!first || !last) return Fault{fmt::format("expected {}", kForms)};
  if (first->v6 != last->v6) return Fault{"a range from IPv4 to IPv6"};
  if (*last < *first) return Fault{"the range ends before it begins"};
  const Wide more = number_of(*last) - number_of(*first);
  return counted(*first, std::min<Wide>(more, kMostAddresses) + 1);
}

Parsed parse_block(std::string_view inside, std::string_view prefix) {
  const auto address = parse_address(inside);
  unsigned bits = 0;
  const auto [stop, error] = std::from_chars(prefix.data(), prefix.data() + prefix.size(), bits);
  if (!address || error != std::errc{} || stop != prefix.data() + prefix.size())
    return Fault{fmt::format("expected {}", kForms)};
  const unsigned all = address->v6 ? 128 : 32;
  if (bits > all) return Fault{fmt::format("a prefix of {} bits, expected at most {}", bits, all)};
  if (all - bits > 64) return counted(*address, kMostAddresses + 1);
  const Wide count = Wide{1} << (all - bits);
  const Wide first = number_of(*address) / count * count;
  if (address->v6 || is_loopback(*address) || count <= 2)
    return counted(address_of(first, address->v6), count);
  return counted(address_of(first + 1, false), count - 2);
}

Parsed parse_one(std::string_view text) {
  if (const auto slash = text.find('/'); slash != std::string_view::npos)
    return parse_block(text.substr(0, slash), text.substr(slash + 1));
  if (const auto dash = text.find('-'); dash != std::string_view::npos)
    return parse_range(text.substr(0, dash), text.substr(dash + 1));
  if (const auto address = parse_address(text)) return AddressRange{*address, 1};
  return Fault{fmt::format("expected {}", kForms)};
}

bool overlap(const AddressRange& a, const AddressRange& b) {
  const Wide first = number_of(a.first), other = number_of(b.first);
  return a.first.v6 == b.first.v6 && (first < other ? other - first < a.count : first - other < b.count);
}

/// What is wrong with a range beside those before it.
std::optional<std::string> find_conflict(const AddressRange& range, std::span<const AddressRange> before) {
  std::uint64_t count = range.count;
  for (const AddressRange& other : before) {
    if (range.first.v6 != other.first.v6) return "IPv4 and IPv6 addresses together";
    if (overlap(range, other))
      return fmt::format("some of these addresses are also in {}", SourceAddresses({other}).text());
    count += other.count;
  }
  if (count > kMostAddresses)
    return fmt::format("more than {} addresses in all", format_count(kMostAddresses));
  return std::nullopt;
}

}  // namespace

std::string to_string(const IpAddress& address) {
  char text[INET6_ADDRSTRLEN] = "";
  ::inet_ntop(address.v6 ? AF_INET6 : AF_INET, address.octets.data(), text, sizeof text);
  return text;
}

SourceAddresses::SourceAddresses(std::vector<AddressRange> ranges) : ranges_(std::move(ranges)) {
  for (const AddressRange& range : ranges_) count_ += range.count;
}

IpAddress SourceAddresses::at(std::uint64_t i) const {
  RS_CHECK(i < count_);
  auto range = ranges_.begin();
  for (; i >= range->count; ++range) i -= range->count;
  return address_of(number_of(range->first) + i, range->first.v6);
}

std::string SourceAddresses::text() const {
  std::string all;
  for (const AddressRange& range : ranges_) {
    if (!all.empty()) all += ", ";
    all += to_string(range.first);
    if (range.count > 1)
      all += " to " + to_string(address_of(number_of(range.first) + range.count - 1, range.first.v6));
  }
  return all;
}

Result<SourceAddresses> parse_source_addresses(std::span<const std::string> texts) {
  std::vector<AddressRange> ranges;
  std::vector<Error> errors;
  for (std::size_t i = 0; i < texts.size(); ++i) {
    const auto wrong = [&](const std::string& what) {
      const std::string where = texts.size() == 1 ? kWhere : fmt::format("{}/{}", kWhere, i);
      errors.push_back({where, fmt::format("\"{}\": {}", texts[i], what), ""});
    };
    const Parsed parsed = parse_one(texts[i]);
    if (const Fault* fault = std::get_if<Fault>(&parsed)) {
      wrong(fault->what);
      continue;
    }
    const AddressRange& range = std::get<AddressRange>(parsed);
    if (const auto conflict = find_conflict(range, ranges)) {
      wrong(*conflict);
      continue;
    }
    ranges.push_back(range);
  }
  if (!errors.empty()) return errors;
  return SourceAddresses(std::move(ranges));
}

SourcePorts::SourcePorts(std::uint16_t first, std::uint16_t last, std::vector<std::uint16_t> taken)
    : first_(first), taken_(std::move(taken)) {
  RS_CHECK(first <= last);
  std::erase_if(taken_, [&](std::uint16_t port) { return port < first || port > last; });
  const std::set<std::uint16_t> in_order(taken_.begin(), taken_.end());
  taken_.assign(in_order.begin(), in_order.end());
  count_ = std::uint64_t{last} - first + 1 - taken_.size();
}

std::uint16_t SourcePorts::at(std::uint64_t i) const {
  RS_CHECK(i < count_);
  std::uint64_t port = first_ + i;
  for (const std::uint16_t taken : taken_) port += port >= taken;
  return static_cast<std::uint16_t>(port);
}

}  // namespace ringstorm
