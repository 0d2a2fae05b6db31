// A sink turns a finished report into the bytes of one file. It reads nothing else and changes nothing, so a
// new format is a new function and a line in `kSinks`.
#pragma once

#include <array>
#include <string>

#include "report/report.h"

namespace ringstorm {

using Sink = std::string (*)(const Report&);

/// report.json, as results/report.schema.json describes it; ends in a newline.
std::string json_report(const Report& report);
/// report.txt, and what the terminal shows at the end: the verdict first, one screen, printable ASCII and
/// newlines only.
std::string text_report(const Report& report);

struct NamedSink {
  const char* file_name;
  Sink render;
};
/// In the order they are put into a folder: who sees report.json there sees the whole report.
inline constexpr std::array kSinks{NamedSink{"report.txt", text_report},
                                   NamedSink{"report.json", json_report}};

}  // namespace ringstorm
