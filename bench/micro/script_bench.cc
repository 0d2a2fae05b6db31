// What a session's steps cost beside the frames: a pass of ten steps through the interpreter, and looking a
// value up in a message.
#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "micro/check.h"
#include "session/compiler.h"
#include "session/interpreter.h"
#include "session/json_lookup.h"

namespace ringstorm::bench {
namespace {

StepForm step(StepForm::Kind kind) {
  StepForm form;
  form.kind = kind;
  return form;
}

StepForm send(std::string text) {
  StepForm form = step(StepForm::Kind::send);
  form.message.content = std::move(text);
  return form;
}

StepForm expect_json(std::string path, std::string value) {
  StepForm form = step(StepForm::Kind::expect);
  ConditionForm condition;
  condition.kind = ConditionForm::Kind::json_equals;
  condition.path = std::move(path);
  condition.value = std::move(value);
  form.match.push_back(std::move(condition));
  return form;
}

/// Five sends, each with an expect: ten steps.
SessionForm ten_steps(bool matching) {
  SessionForm form;
  form.name = "bench";
  for (int i = 0; i < 5; ++i) {
    form.steps.push_back(send("hello"));
    form.steps.push_back(matching ? expect_json("/type", "\"ack\"") : step(StepForm::Kind::expect));
  }
  return form;
}

// One pass: what the shard asks of the interpreter for five messages and their answers.
void script_ten_steps(benchmark::State& state, bool matching) {
  const Script script = *compile(std::array{ten_steps(matching)}, {});
  const Interpreter interpreter(script);
  Play play;
  std::vector<std::uint64_t> counters(script.counters);
  std::vector<std::byte> variables(script.variable_bytes);
  const PlayRef ref{play, counters, variables};
  constexpr std::string_view kAnswer = R"({"id": 12345, "type": "ack", "payload": {"ok": true}})";
  const HeardMessage answer{.opcode = Opcode::text,
                            .size = kAnswer.size(),
                            .bytes = std::as_bytes(std::span(kAnswer)),
                            .has_bytes = true};
  const auto pass = [&] {
    interpreter.begin(ref, script.sessions[0].steps, Instant{});
    std::uint64_t answers = 0;
    while (play.doing != Doing::ended) {
      interpreter.sent(ref, Instant{});
      answers += interpreter.heard(ref, answer, Instant{}).kind == Hearing::Kind::answer;
    }
    return answers;
  };
  if (!checked(state, pass() == 5, "not every expect is answered")) return;
  for (auto _ : state) benchmark::DoNotOptimize(pass());
  state.SetItemsProcessed(state.iterations() * 10);
}
BENCHMARK_CAPTURE(script_ten_steps, any, false);
BENCHMARK_CAPTURE(script_ten_steps, json, true);

// The last of so many members of an object.
void json_lookup(benchmark::State& state) {
  std::string text = "{";
  for (std::int64_t i = 1; i < state.range(0); ++i)
    text += "\"name" + std::to_string(i) + "\": \"some text, not too long\", ";
  text += "\"last\": 42}";
  const std::vector<std::string> path{"last"};
  if (!checked(state, find_json(text, path) == "42", "the value is not found")) return;
  for (auto _ : state) benchmark::DoNotOptimize(find_json(text, path));
  set_throughput(state, text.size());
}
BENCHMARK(json_lookup)->ArgName("members")->Arg(1)->Arg(10)->Arg(100);

}  // namespace
}  // namespace ringstorm::bench
