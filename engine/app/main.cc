// The command line: the only place that knows every module.
#include <algorithm>
#include <cstdio>
#include <exception>
#include <optional>
#include <string_view>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "app/ab_command.h"
#include "app/baseline_command.h"
#include "app/bench_command.h"
#include "app/build_info.h"
#include "app/commands.h"
#include "app/compare_command.h"
#include "app/doctor.h"
#include "app/trend_command.h"
#include "base/nearest_name.h"
#include "codec/mask.h"
#include "codec/utf8.h"

namespace ringstorm {
namespace {

constexpr const char* kExitCodes =
    "Exit codes: 0 fine, 1 a threshold failed, 2 inconclusive (interrupted, for example), 3 the measurement "
    "is not valid,\n"
    "4 usage or scenario error, 5 the target could not be reached or failed wholesale.";

// CLI11 says only that a subcommand is missing; this says what was given, and what was probably meant.
std::optional<Error> unknown_command(const CLI::App& app, int argc, char** argv) {
  if (argc < 2 || argv[1][0] == '-') return std::nullopt;
  std::vector<std::string_view> names;
  for (const CLI::App* command : app.get_subcommands({})) names.push_back(command->get_name());
  if (std::find(names.begin(), names.end(), argv[1]) != names.end()) return std::nullopt;
  return Error{"", fmt::format("there is no command \"{}\"; there are {}", argv[1], fmt::join(names, ", ")),
               did_you_mean(argv[1], names)};
}

// A kernel that was asked for by name and cannot run must not be replaced in silence: its user compares
// kernels.
std::optional<Error> refused_kernel() {
  const auto refusal = [](const char* what, const char* variable, std::string_view name) {
    return Error{fmt::format("{}={}", variable, name),
                 fmt::format("there is no {} kernel of that name that this machine can run", what),
                 "unset it to have the best one"};
  };
  if (const auto name = refused_mask_kernel()) return refusal("mask", "RINGSTORM_MASK", *name);
  if (const auto name = refused_utf8_kernel()) return refusal("UTF-8", "RINGSTORM_UTF8", *name);
  return std::nullopt;
}

void add_serve_options(CLI::App& command, ServeOptions& serve) {
  command
      .add_option("--mode", serve.mode,
                  "echo: send every message back; sink: only count; broadcast: to everybody on the same path")
      ->check(CLI::IsMember({"echo", "sink", "broadcast"}))
      ->capture_default_str();
  command
      .add_option("--listen", serve.listen,
                  "HOST:PORT, where port 0 takes any free one, or unix:PATH; may be given several times")
      ->capture_default_str();
  command.add_option("--shards", serve.shards, "Threads, each with a listener of its own")
      ->check(CLI::Range(1U, 1024U))
      ->capture_default_str();
  command.add_option("--cores", serve.cores, "Cores to pin the threads to, such as 2,3")->delimiter(',');
  command
      .add_option(
          "--fault", serve.faults,
          "Something to do wrong on purpose, such as 'delay exponential 2ms', 'stall 1s every 10s' or "
          "'drop 1%'; may be given several times, see scenarios/README.md")
      ->allow_extra_args(false);
  command.add_option("--seed", serve.seed, "Reproduces every choice of the faults")->capture_default_str();
  command
      .add_option("--expect", serve.expect,
                  "Count the messages whose payload is not the one that ringstorm run makes of text or "
                  "binary, a size and a seed")
      ->expected(3)
      ->type_name("KIND SIZE SEED");
  command.add_option("--expect-text", serve.expect_text, "The same for messages that are this text")
      ->excludes("--expect");
  command.add_flag("--deflate", serve.deflate,
                   "Agree to permessage-deflate (RFC 7692) where a client offers it");
  CLI::Option* tls = command.add_flag(
      "--tls", serve.tls, "Speak TLS (wss): with a certificate made on the spot, which a line names, or");
  CLI::Option* certificate =
      command.add_option("--certificate", serve.certificate, "with this one, a PEM file,")
          ->type_name("FILE")
          ->needs(tls);
  CLI::Option* key = command.add_option("--key", serve.key, "and its private key, a PEM file")
                         ->type_name("FILE")
                         ->needs(certificate);
  certificate->needs(key);
  command.footer(
      "Examples:\n"
      "  ringstorm serve --mode echo --listen 127.0.0.1:9001\n"
      "  ringstorm serve --fault 'delay lognormal 2ms 0.5' --fault 'stall 1s every 10s' --seed 7\n"
      "  ringstorm serve --tls --listen 127.0.0.1:9443\n"
      "While it runs, http://127.0.0.1:9001/.counts is what it has counted, and /.counts?connections lists\n"
      "the connections too.\n");
}

int main_program(int argc, char** argv) {
  CLI::App app{"ringstorm: a WebSocket load tester and benchmark harness on io_uring", "ringstorm"};
  app.set_version_flag("--version", fmt::format("ringstorm {} ({})", kVersion, kCommit));
  app.footer(kExitCodes);
  app.require_subcommand(1);
  int code = exit_code::fine;

  RunOptions run;
  CLI::App* run_command_line = app.add_subcommand("run", "Run a load and report what it found");
  run.scenario.add_to(*run_command_line);
  run_command_line->add_option("--out", run.out,
                               "The folder for report.json and report.txt, replacing those of an earlier "
                               "run; a fresh one under results/ when not given");
  run_command_line->add_flag("-q,--quiet", run.quiet, "No progress, only the summary");
  run_command_line->add_flag(
      "--once", run.once,
      "Play each session one time on one connection, show every frame, and report nothing");
  run_command_line->footer(
      "Examples:\n"
      "  ringstorm run scenarios/echo.json\n"
      "  ringstorm run scenarios/echo.json --url ws://127.0.0.1:9001/chat -c 2000 -d 30s\n"
      "  ringstorm run ws://127.0.0.1:9001/ -c 1000 --in-flight 4 --size 125 -d 10s\n");
  run_command_line->callback([&] { code = run_command(run); });

  CheckOptions check;
  CLI::App* check_command_line =
      app.add_subcommand("check", "Print what a scenario would run here, and what would make it impossible");
  check.scenario.add_to(*check_command_line);
  check_command_line->footer("Example:\n  ringstorm check scenarios/echo.json -c 50000\n");
  check_command_line->callback([&] { code = check_command(check); });

  ServeOptions serve;
  CLI::App* serve_command_line =
      app.add_subcommand("serve", "Run the embedded WebSocket server until it is stopped");
  add_serve_options(*serve_command_line, serve);
  serve_command_line->callback([&] { code = serve_command(serve); });

  ImportOptions import;
  CLI::App* import_command_line = app.add_subcommand("import", "Make a scenario of what a browser recorded");
  import_command_line->add_option("file", import.file, "An HTTP Archive (HAR), saved with content")
      ->required();
  import_command_line
      ->add_option("--timing", import.timing, "keep: pause as the recording does; close: go on at once")
      ->check(CLI::IsMember({"keep", "close"}))
      ->capture_default_str();
  import_command_line->footer("Example:\n  ringstorm import capture.har > scenario.json\n");
  import_command_line->callback([&] { code = import_command(import); });

  app.add_subcommand("schema", "Print the JSON Schema of scenario files, for editors and validators")
      ->footer("Example:\n  ringstorm schema > schema.json\n")
      ->callback([&] { code = schema_command(); });

  DoctorOptions doctor;
  CLI::App* doctor_command_line =
      app.add_subcommand("doctor", "Say what this machine has for a load, and what it lacks");
  doctor_command_line->add_option("-c,--connections", doctor.connections, "The size of load to judge it by")
      ->capture_default_str();
  doctor_command_line->add_flag("--json", doctor.json, "As JSON");
  doctor_command_line->add_flag(
      "--calibrate", doctor.calibrate,
      "Measure its timers, the generator's pacing and its rate too (10 s), and keep "
      "them for later reports");
  doctor_command_line->footer("Examples:\n  ringstorm doctor -c 50000\n  ringstorm doctor --calibrate\n");
  doctor_command_line->callback([&] { code = run_doctor(doctor); });

  add_bench_command(app, code);
  add_capacity_command(app, code);
  add_ab_command(app, code);
  add_compare_command(app, code);
  add_baseline_command(app, code);
  add_trend_command(app, code);

  if (const auto error = unknown_command(app, argc, argv)) return complain({*error}, exit_code::usage);
  if (const auto error = refused_kernel()) return complain({*error}, exit_code::usage);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? exit_code::fine : exit_code::usage;
  }
  return code;
}

}  // namespace
}  // namespace ringstorm

int main(int argc, char** argv) {
  try {
    return ringstorm::main_program(argc, argv);
  } catch (const std::exception& error) {
    fmt::print(stderr, "ringstorm: {}\n", error.what());
    return ringstorm::exit_code::usage;
  }
}
