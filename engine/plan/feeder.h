// A feeder of a scenario: a named table of values from a file, and how its rows are dealt out.
#pragma once

#include <memory>
#include <string>

#include "load/feeder.h"

namespace ringstorm {

struct Feeder {
  std::string name;  ///< holes say "name.column"
  std::string file;  ///< as it was written
  FeederRules rules;
  std::shared_ptr<const FeederTable> table;  ///< never null: a feeder that cannot be read is a mistake
  friend bool operator==(const Feeder&, const Feeder&) = default;
};

}  // namespace ringstorm
