#include "server/counts.h"

#include <algorithm>

#include <nlohmann/json.hpp>

namespace ringstorm {
namespace {

using nlohmann::ordered_json;

ordered_json faults_of(const FaultCounts& faults) {
  return {
      {"delayed_replies", faults.delayed_replies},     {"stalls", faults.stalls},
      {"dropped_replies", faults.dropped_replies},     {"resets", faults.resets},
      {"slow_connections", faults.slow_connections},   {"garbage_replies", faults.garbage_replies},
      {"reordered_replies", faults.reordered_replies}, {"burned_messages", faults.burned_messages},
      {"unsent_replies", faults.unsent_replies},
  };
}

ordered_json deflate_of(const ServerCounts& counts) {
  return {{"connections", counts.deflate_connections},
          {"messages_in", counts.deflated_in.messages},
          {"bytes_in", counts.deflated_in.plain_bytes},
          {"compressed_bytes_in", counts.deflated_in.compressed_bytes},
          {"messages_out", counts.deflated_out.messages},
          {"bytes_out", counts.deflated_out.plain_bytes},
          {"compressed_bytes_out", counts.deflated_out.compressed_bytes}};
}

ordered_json tls_of(const TlsCounts& tls) {
  return {
      {"full", tls.full},           {"resumed", tls.resumed},
      {"refused", tls.refused},     {"plain_http", tls.plain_http},
      {"abandoned", tls.abandoned}, {"broken", tls.broken},
      {"cut_short", tls.cut_short},
  };
}

// "connections", "messages", "bytes", "closes", "open" and "violations" are what the independent servers
// under tests/peers call them too, so that a test can ask any of them.
ordered_json line_of(const ServerCounts& counts) {
  ordered_json line = {
      {"connections", counts.upgraded},
      {"open", counts.open},
      {"messages", counts.messages},
      {"bytes", counts.payload_bytes},
      {"closes", ordered_json::object()},
      {"violations", ordered_json::object()},
      {"accepted", counts.accepted},
      {"turned_away", counts.turned_away},
      {"upgrades_refused", counts.upgrades_refused},
      {"upgrades_abandoned", counts.upgrades_abandoned},
      {"counts_asked", counts.counts_asked},
      {"wrong_payloads", counts.wrong_payloads},
      {"zero_mask_keys", counts.zero_mask_keys},
      {"repeated_mask_keys", counts.repeated_mask_keys},
      {"wire_bytes_in", counts.wire_bytes_in},
      {"wire_bytes_out", counts.wire_bytes_out},
      {"pings", counts.pings},
      {"deliveries", counts.deliveries},
      {"most_rooms", counts.most_rooms},
      {"too_far_behind", counts.too_far_behind},
      {"peak_output_bytes", counts.peak_output_bytes},
      {"deflate", deflate_of(counts)},
      {"tls", tls_of(counts.tls)},
      {"faults", faults_of(counts.faults)},
  };
  for (const auto& [code, count] : counts.closes) line["closes"][std::to_string(code)] = count;
  for (const auto& [cause, count] : counts.violations) line["violations"][to_string(Failure{cause})] = count;
  return line;
}

ordered_json row_of(const ConnectionRow& row) {
  ordered_json json = {{"connection", row.number},
                       {"messages", row.messages},
                       {"bytes", row.payload_bytes},
                       {"closed", nullptr}};
  if (row.close_code != 0) json["closed"] = row.close_code;
  return json;
}

}  // namespace

void FaultCounts::merge(const FaultCounts& other) {
  delayed_replies += other.delayed_replies;
  stalls = std::max(stalls, other.stalls);  // the same ones, seen by every shard
  dropped_replies += other.dropped_replies;
  resets += other.resets;
  slow_connections += other.slow_connections;
  garbage_replies += other.garbage_replies;
  reordered_replies += other.reordered_replies;
  burned_messages += other.burned_messages;
  unsent_replies += other.unsent_replies;
}

void TlsCounts::merge(const TlsCounts& other) {
  full += other.full;
  resumed += other.resumed;
  refused += other.refused;
  plain_http += other.plain_http;
  abandoned += other.abandoned;
  broken += other.broken;
  cut_short += other.cut_short;
}

void ServerCounts::merge(const ServerCounts& other) {
  accepted += other.accepted;
  turned_away += other.turned_away;
  upgraded += other.upgraded;
  upgrades_refused += other.upgrades_refused;
  upgrades_abandoned += other.upgrades_abandoned;
  counts_asked += other.counts_asked;
  open += other.open;
  messages += other.messages;
  payload_bytes += other.payload_bytes;
  wrong_payloads += other.wrong_payloads;
  zero_mask_keys += other.zero_mask_keys;
  repeated_mask_keys += other.repeated_mask_keys;
  wire_bytes_in += other.wire_bytes_in;
  wire_bytes_out += other.wire_bytes_out;
  pings += other.pings;
  deliveries += other.deliveries;
  most_rooms += other.most_rooms;
  too_far_behind += other.too_far_behind;
  deflate_connections += other.deflate_connections;
  deflated_in.add(other.deflated_in);
  deflated_out.add(other.deflated_out);
  peak_output_bytes += other.peak_output_bytes;
  for (const auto& [cause, count] : other.violations) violations[cause] += count;
  for (const auto& [code, count] : other.closes) closes[code] += count;
  faults.merge(other.faults);
  tls.merge(other.tls);
}

std::string to_json_line(const ServerCounts& counts) {
  return line_of(counts).dump();
}

std::string to_json_line(const ServerCounts& counts, const std::vector<ConnectionRow>& rows) {
  ordered_json line = line_of(counts);
  line["list"] = ordered_json::array();
  for (const ConnectionRow& row : rows) line["list"].push_back(row_of(row));
  line["left_off"] = counts.upgraded - std::min<std::uint64_t>(counts.upgraded, rows.size());
  return line.dump();
}

}  // namespace ringstorm
