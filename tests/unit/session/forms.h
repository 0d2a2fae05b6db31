// Steps, as the tests of the compiler and the interpreter write them.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "session/session_form.h"

namespace ringstorm {

inline StepForm step(StepForm::Kind kind) {
  StepForm form;
  form.kind = kind;
  form.where = "/step";
  return form;
}

inline StepForm send(std::string text, bool reply = true) {
  StepForm form = step(StepForm::Kind::send);
  form.message.content = std::move(text);
  form.message.reply = reply;
  return form;
}

inline ConditionForm condition(ConditionForm::Kind kind, std::string value, std::string path = "") {
  ConditionForm form;
  form.kind = kind;
  form.value = std::move(value);
  form.path = std::move(path);
  form.where = "/condition";
  return form;
}

inline StepForm expect(std::vector<ConditionForm> match = {}, std::vector<ConditionForm> check = {}) {
  StepForm form = step(StepForm::Kind::expect);
  form.match = std::move(match);
  form.check = std::move(check);
  return form;
}

inline CaptureForm capture(std::string variable, std::string from,
                           CaptureForm::Kind kind = CaptureForm::Kind::json) {
  CaptureForm form;
  form.variable = std::move(variable);
  form.kind = kind;
  form.from = std::move(from);
  form.where = "/capture";
  return form;
}

inline StepForm expect_and_capture(CaptureForm what) {
  StepForm form = expect();
  form.captures.push_back(std::move(what));
  return form;
}

inline StepForm wait(Duration pause) {
  StepForm form = step(StepForm::Kind::wait);
  form.pause = *Distribution::parse(std::to_string(pause.count()) + "ns");
  return form;
}

inline StepForm repeat(std::uint64_t count, std::vector<StepForm> steps) {
  StepForm form = step(StepForm::Kind::repeat);
  form.count = count;
  form.steps = std::move(steps);
  return form;
}

inline StepForm repeat_for(Duration length, std::vector<StepForm> steps) {
  StepForm form = step(StepForm::Kind::repeat);
  form.length = length;
  form.steps = std::move(steps);
  return form;
}

inline StepForm repeat_forever(std::vector<StepForm> steps) {
  StepForm form = step(StepForm::Kind::repeat);
  form.steps = std::move(steps);
  return form;
}

inline StepForm choose(std::vector<BranchForm> branches) {
  StepForm form = step(StepForm::Kind::choose);
  form.branches = std::move(branches);
  return form;
}

inline SessionForm session(std::vector<StepForm> steps, std::string name = "test") {
  SessionForm form;
  form.name = std::move(name);
  form.steps = std::move(steps);
  form.where = "/sessions/0";
  return form;
}

}  // namespace ringstorm
