// `ringstorm bench mask`: the kernels of this machine, for whoever has only the program.
#pragma once

#include <memory>
#include <string>

namespace CLI {
class App;
}

namespace ringstorm {

struct BenchOptions {
  std::string what;    ///< "mask"
  std::string kernel;  ///< only this one; all that can run here when empty
  bool quick = false;  ///< a sixth of the time, and the accuracy that goes with it
  bool json = false;
};

/// Adds the subcommand; when it is given, `code` becomes the program's exit code.
void add_bench_command(CLI::App& app, int& code);

int bench_command(const BenchOptions& options);

}  // namespace ringstorm
