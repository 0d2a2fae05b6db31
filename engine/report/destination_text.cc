#include "report/destination_text.h"

#include <fmt/format.h>

#include "base/units.h"
#include "report/printable.h"

namespace ringstorm {
namespace {

const char* first_of(AddressChoice choice) {
  return choice == AddressChoice::happy_eyeballs ? "the first to accept" : "the first";
}

std::string listed(const std::vector<std::string>& addresses) {
  return printable(fmt::format("{}", fmt::join(addresses, ", ")), 200);
}

}  // namespace

std::string destination_text(const Report& report) {
  const Destination& d = report.destination;
  const bool named = d.source == Destination::Source::resolver || d.source == Destination::Source::scenario;
  if (!named) return {};
  std::string text = listed(d.used);
  if (d.found.size() > 1 && d.used.size() == 1)
    text += fmt::format(", {} of {}", first_of(report.plan.scenario.addresses), listed(d.found));
  if (d.used.size() > 1) text = fmt::format("{} in turn: {}", d.used.size(), text);
  return text + (d.resolving ? fmt::format("; the resolver took {}", format_duration(*d.resolving))
                             : "; from the scenario");
}

}  // namespace ringstorm
