#include "report/fan_out_table.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/units.h"
#include "report/histogram_json.h"
#include "report/printable.h"

namespace ringstorm {
namespace {

using Json = nlohmann::ordered_json;

std::string line(std::string_view label, std::string_view text) {
  return fmt::format("{:<13}{}\n", label, text);
}

/// "3 duplicated, 2 out of order": those that there are any of.
class Mishaps {
 public:
  void add(std::uint64_t count, std::string_view what) {
    if (count > 0) text_ += fmt::format("{}{} {}", text_.empty() ? "" : ", ", format_count(count), what);
  }
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

std::string figure(const Histogram& h, std::optional<Duration> value) {
  return value ? format_duration(*value) : h.count() == 0 ? "-" : "not enough samples";
}

std::string histogram_line(std::string_view label, const Histogram& h, std::string_view what) {
  return line(label, fmt::format("{:>11}{:>20}{:>20}{:>11}   {}", figure(h, h.mean()),
                                 figure(h, h.trusted_quantile(0.5)), figure(h, h.trusted_quantile(0.99)),
                                 figure(h, h.max()), what));
}

std::string counts_line(const Report& report) {
  const DeliveryCounts& c = report.measurements.deliveries;
  if (report.plan.fan_out.topics.empty())
    return line("deliveries", fmt::format("{} with another connection's stamp; nobody subscribes to a topic, "
                                          "so none was expected",
                                          format_count(c.received)));
  return line("deliveries", fmt::format("{} expected = {} received + {} lost", format_count(c.expected),
                                        format_count(c.received), format_count(c.lost)));
}

std::string mishap_lines(const DeliveryCounts& c) {
  Mishaps arrived, untrusted;
  arrived.add(c.out_of_order, "of the received out of order");
  arrived.add(c.duplicated, "duplicated");
  arrived.add(c.behind, "too late to tell from those");
  arrived.add(c.stray, "not for their receiver");
  untrusted.add(c.foreign, "of another run");
  untrusted.add(c.forged, "forged or damaged");
  untrusted.add(c.malformed, "malformed");
  std::string lines;
  if (!arrived.text().empty()) lines += line("", arrived.text());
  if (!untrusted.text().empty()) lines += line("", "stamps not believed: " + untrusted.text());
  return lines;
}

Json topics_json(const FanOut& fan_out) {
  Json list = Json::array();
  for (const FanOutTopic& topic : fan_out.topics)
    list.push_back(
        {{"name", topic.name}, {"publishers", topic.publishers}, {"subscribers", topic.subscribers}});
  return list;
}

}  // namespace

std::string fan_out_table(const Report& report) {
  const FanOut& fan_out = report.plan.fan_out;
  if (!fan_out.any()) return {};
  const Measurements& m = report.measurements;
  std::string text = counts_line(report);
  text += mishap_lines(m.deliveries);
  for (const FanOutTopic& topic : fan_out.topics)
    text += line("", fmt::format("topic {}: {} publishing, {} subscribed", printable(topic.name, 64),
                                 format_count(topic.publishers), format_count(topic.subscribers)));
  text += line("", fmt::format("{:>11}{:>20}{:>20}{:>11}", "mean", "p50", "p99", "max"));
  text += histogram_line("  delivery", m.delivery, "from when a message was due until a receiver had it");
  if (fan_out.topics.empty()) return text + "\n";
  return text +
         histogram_line(
             "  last one", m.last_receiver,
             fmt::format("until the last receiver had it; {} of {} messages reached everyone",
                         format_count(m.deliveries.reached_everyone), format_count(m.deliveries.followed))) +
         "\n";
}

Json fan_out_json(const Report& report) {
  if (!report.plan.fan_out.any()) return nullptr;
  const Measurements& m = report.measurements;
  const DeliveryCounts& c = m.deliveries;
  return {{"topics", topics_json(report.plan.fan_out)},
          {"stamped", c.stamped},
          {"expected", c.expected},
          {"received", c.received},
          {"lost", c.lost},
          {"out_of_order", c.out_of_order},
          {"duplicated", c.duplicated},
          {"behind", c.behind},
          {"stray", c.stray},
          {"window", FanOut::kWindow},
          {"untrusted", {{"foreign", c.foreign}, {"forged", c.forged}, {"malformed", c.malformed}}},
          {"delivery", histogram_json(m.delivery)},
          {"last_receiver",
           {{"followed", c.followed},
            {"reached_everyone", c.reached_everyone},
            {"latency", histogram_json(m.last_receiver)}}}};
}

}  // namespace ringstorm
