// Where the connections of a run went, in words.
#pragma once

#include <string>

#include "report/report.h"

namespace ringstorm {

/// "127.0.0.1:9001, the first to accept of [::1]:9001, 127.0.0.1:9001; the resolver took 1.2 ms". Empty for a
/// target that the URL names itself.
std::string destination_text(const Report& report);

}  // namespace ringstorm
