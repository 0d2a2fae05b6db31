// The flags that say what to run, shared by `run` and `check`: a scenario file or a URL, and what overrides
// it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "plan/scenario.h"

namespace CLI {
class App;
}

namespace ringstorm {

class ScenarioOptions {
 public:
  void add_to(CLI::App& command);
  /// What to run when the command line names nothing.
  void default_to(const std::string& source) {
    if (source_.empty() && !url_) source_ = source;
  }

  /// The scenario that the command line asks for: the file's, if one was named, with every flag given laid
  /// over it. Errors: those of the file, and every flag whose value cannot be read.
  Result<Scenario> scenario() const;

 private:
  std::string source_;
  std::vector<std::string> settings_;
  // As given; an empty value is one that was given.
  std::optional<std::string> url_;
  std::optional<std::string> connections_;
  std::optional<std::string> open_rate_;
  std::optional<std::string> in_flight_;
  std::optional<std::string> rate_;
  std::optional<std::string> arrivals_;
  std::optional<std::string> senders_;
  std::optional<std::string> max_in_flight_;
  std::optional<std::string> when_full_;
  std::optional<std::string> max_send_lag_;
  std::vector<std::string> thresholds_;
  std::optional<std::string> probes_;
  std::optional<std::string> generator_limits_;
  std::optional<std::string> size_;
  std::optional<std::string> text_;
  bool binary_ = false;
  bool deflate_ = false;
  bool no_reply_ = false;
  std::optional<std::string> duration_;
  std::optional<std::string> messages_;
  std::optional<std::string> warmup_;
  std::optional<std::string> drain_;
  std::optional<std::string> redirects_;
  bool cookies_ = false;
  std::optional<std::string> proxy_;
  std::optional<std::string> addresses_;
  std::vector<std::string> resolve_;
  std::optional<std::string> resolve_timeout_;
  std::optional<std::string> connect_timeout_;
  std::optional<std::string> upgrade_timeout_;
  bool insecure_ = false;
  std::optional<std::string> ca_file_;
  std::optional<std::string> close_timeout_;
  std::optional<std::string> waiting_;
  std::optional<std::string> shards_;
  std::optional<std::string> seed_;
  std::vector<std::string> headers_;
  std::vector<std::string> subprotocols_;
  std::vector<std::string> faults_;
  bool verify_ = false;
  bool server_tls_ = false;
};

}  // namespace ringstorm
