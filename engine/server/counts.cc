#include "server/counts.h"

#include <nlohmann/json.hpp>

namespace ringstorm {

void ServerCounts::merge(const ServerCounts& other) {
  accepted += other.accepted;
  turned_away += other.turned_away;
  upgraded += other.upgraded;
  upgrades_refused += other.upgrades_refused;
  upgrades_abandoned += other.upgrades_abandoned;
  open += other.open;
  messages += other.messages;
  payload_bytes += other.payload_bytes;
  wire_bytes_in += other.wire_bytes_in;
  wire_bytes_out += other.wire_bytes_out;
  pings += other.pings;
  too_far_behind += other.too_far_behind;
  peak_output_bytes += other.peak_output_bytes;
  for (const auto& [cause, count] : other.violations) violations[cause] += count;
  for (const auto& [code, count] : other.closes) closes[code] += count;
}

// "connections", "messages", "bytes", "closes", "open" and "violations" are what the independent servers
// under tests/peers call them too, so that a test can ask any of them.
std::string to_json_line(const ServerCounts& counts) {
  nlohmann::ordered_json line = {
      {"connections", counts.upgraded},
      {"open", counts.open},
      {"messages", counts.messages},
      {"bytes", counts.payload_bytes},
      {"closes", nlohmann::ordered_json::object()},
      {"violations", nlohmann::ordered_json::object()},
      {"accepted", counts.accepted},
      {"turned_away", counts.turned_away},
      {"upgrades_refused", counts.upgrades_refused},
      {"upgrades_abandoned", counts.upgrades_abandoned},
      {"wire_bytes_in", counts.wire_bytes_in},
      {"wire_bytes_out", counts.wire_bytes_out},
      {"pings", counts.pings},
      {"too_far_behind", counts.too_far_behind},
      {"peak_output_bytes", counts.peak_output_bytes},
  };
  for (const auto& [code, count] : counts.closes) line["closes"][std::to_string(code)] = count;
  for (const auto& [cause, count] : counts.violations) line["violations"][to_string(Failure{cause})] = count;
  return line.dump();
}

}  // namespace ringstorm
