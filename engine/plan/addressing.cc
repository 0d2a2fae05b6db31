#include "plan/addressing.h"

#include <algorithm>
#include <array>

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <strings.h>

#include "plan/json_tree.h"
#include "plan/load_reader.h"
#include "plan/plan.h"

namespace ringstorm {
namespace {

constexpr std::size_t kShown = 60;

std::string without_brackets(std::string_view text) {
  if (text.size() > 2 && text.starts_with('[') && text.ends_with(']')) text = text.substr(1, text.size() - 2);
  return std::string{text};
}

bool same_name(std::string_view a, std::string_view b) {
  return a.size() == b.size() && ::strncasecmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace

std::string_view to_string(Destination::Source source) {
  constexpr std::array<std::string_view, 5> kNames{"literal", "scenario", "resolver", "unix socket",
                                                   "embedded server"};
  return kNames[static_cast<std::size_t>(source)];
}

bool is_address(std::string_view text) {
  in_addr v4{};
  if (::inet_pton(AF_INET, std::string{text}.c_str(), &v4) == 1) return text.find('\0') == text.npos;
  const std::size_t zone = text.find('%');
  in6_addr v6{};
  return zone != text.size() - 1 && text.find('\0') == text.npos &&
         ::inet_pton(AF_INET6, std::string{text.substr(0, zone)}.c_str(), &v6) == 1;
}

const HostAddresses* find_host(const std::vector<HostAddresses>& hosts, std::string_view host) {
  const auto found =
      std::ranges::find_if(hosts, [&](const HostAddresses& entry) { return same_name(entry.host, host); });
  return found == hosts.end() ? nullptr : &*found;
}

std::optional<std::uint64_t> addresses_known_before(const Plan& plan) {
  const Scenario& scenario = plan.scenario;
  const bool one = plan.target.kind != Target::Kind::network || scenario.addresses != AddressChoice::spread ||
                   is_address(plan.first_host());
  if (one) return 1;
  const HostAddresses* entry = find_host(scenario.resolve, plan.first_host());
  if (entry == nullptr) return std::nullopt;
  return entry->addresses.size();
}

std::vector<HostAddresses> read_host_addresses(const JsonNode& node, const std::string& pointer,
                                               std::string_view expected, const JsonFindings& findings) {
  std::vector<HostAddresses> hosts;
  if (node.kind != JsonNode::Kind::object) {
    findings.refuse(node, pointer, expected);
    return hosts;
  }
  for (const JsonNode& member : node.children) {
    HostAddresses entry{.host = member.key, .addresses = {}};
    const std::string here = pointer + "/" + pointer_step(member.key);
    const bool listed = member.kind == JsonNode::Kind::list;
    for (std::size_t i = 0; i < (listed ? member.children.size() : 1); ++i) {
      const JsonNode& address = listed ? member.children[i] : member;
      if (address.kind == JsonNode::Kind::string) {
        entry.addresses.push_back(without_brackets(address.text));
      } else {
        findings.refuse(address, listed ? fmt::format("{}/{}", here, i) : here,
                        "an address or a list of them");
        entry.addresses.emplace_back("unreadable");
      }
    }
    hosts.push_back(std::move(entry));
  }
  return hosts;
}

std::optional<HostAddresses> parse_host_addresses(std::string_view text) {
  const std::size_t equals = text.find('=');
  if (equals == std::string_view::npos || equals == 0) return std::nullopt;
  HostAddresses entry{.host = std::string{text.substr(0, equals)}, .addresses = {}};
  for (std::string_view rest = text.substr(equals + 1);;) {
    const std::size_t comma = rest.find(',');
    entry.addresses.push_back(without_brackets(rest.substr(0, comma)));
    if (!is_address(entry.addresses.back())) return std::nullopt;
    if (comma == std::string_view::npos) return entry;
    rest.remove_prefix(comma + 1);
  }
}

std::vector<Error> find_host_mistakes(const std::vector<HostAddresses>& hosts) {
  std::vector<Error> errors;
  for (const HostAddresses& entry : hosts) {
    const std::string where = "/resolve/" + pointer_step(entry.host);
    const std::string shown = shortened(entry.host, kShown);
    if (entry.host.empty()) errors.push_back({where, "a host has no name", ""});
    if (entry.addresses.empty())
      errors.push_back({where, fmt::format("{} has no address", shown), "give one, or leave the name out"});
    if (find_host(hosts, entry.host) != &entry)
      errors.push_back({where, fmt::format("{} is given twice", shown), "write its addresses as a list"});
    for (std::size_t i = 0; i < entry.addresses.size(); ++i) {
      if (is_address(entry.addresses[i])) continue;
      errors.push_back(
          {fmt::format("{}/{}", where, i),
           fmt::format("found \"{}\", expected an address", shortened(entry.addresses[i], kShown)),
           "such as 127.0.0.1 or ::1, without a port"});
    }
  }
  return errors;
}

}  // namespace ringstorm
