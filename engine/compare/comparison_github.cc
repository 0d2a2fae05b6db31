// What GitHub shows: Markdown for a step summary or a comment, and annotations.
#include <algorithm>

#include <fmt/format.h>

#include "compare/comparison_rows.h"
#include "compare/comparison_sinks.h"

namespace ringstorm {
namespace {

constexpr std::size_t kLongestText = 300;  // of one name or sentence; a summary may have 1024 KB in all

/// Text within a line of Markdown: what could begin a table cell, a tag, a link or a new line is written as
/// an entity, and control characters are left out.
std::string inline_text(std::string_view text) {
  std::string out;
  for (const char c : utf8_text(text.substr(0, kLongestText))) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) {
      out += ' ';
    } else if (std::string_view("&<>|`*_[]()#\\!~@").find(c) != std::string_view::npos) {
      out += fmt::format("&#{};", static_cast<int>(c));
    } else {
      out += c;
    }
  }
  return out;
}

/// As GitHub's own toolkit escapes the value of a workflow command.
std::string command_value(std::string_view text) {
  std::string out;
  for (const char c : utf8_text(text.substr(0, kLongestText))) {
    switch (c) {
      case '%': out += "%25"; break;
      case '\r': out += "%0D"; break;
      case '\n': out += "%0A"; break;
      default: out += c;
    }
  }
  return out;
}

/// A property of the command ends at a comma or a colon too.
std::string command_property(std::string_view text) {
  std::string out;
  for (const char c : command_value(text)) {
    if (c == ':') {
      out += "%3A";
    } else if (c == ',') {
      out += "%2C";
    } else {
      out += c;
    }
  }
  return out;
}

std::string_view sign_of(AbVerdict verdict) {
  switch (verdict) {
    case AbVerdict::ok: return "&#9989;";             // a green tick
    case AbVerdict::regressed: return "&#10060;";     // a red cross
    case AbVerdict::inconclusive: return "&#10068;";  // a question mark
    case AbVerdict::not_valid: return "&#9888;";      // a warning sign
  }
  return "";
}

std::string metric_table(const AbRecord& record, const AbJudgement& judgement) {
  std::string text =
      "| metric | a | b | change | 95 % interval | detectable | verdict |\n"
      "|---|--:|--:|--:|--:|--:|---|\n";
  for (const ComparisonRow& row : rows_of(record, judgement)) {
    const std::string verdict = row.verdict == "regressed" ? "**regressed**" : inline_text(row.verdict);
    text += fmt::format("| {} | {} | {} | {} | {} | {} | {} |\n", inline_text(row.metric), row.a, row.b,
                        row.change, row.interval, row.detectable, verdict);
  }
  return text;
}

std::string unlike_list(const AbRecord& record) {
  if (record.differences.empty()) return "";
  std::string text = "Unlike on the two sides:\n\n";
  for (const AbDifference& d : record.differences) {
    text += fmt::format("- {}: {} &rarr; {}\n", inline_text(d.what), inline_text(d.a), inline_text(d.b));
  }
  return text + "\n";
}

}  // namespace

std::string comparison_markdown(const AbRecord& record, const AbJudgement& judgement) {
  std::string text = fmt::format("### {} ringstorm: {} is {}\n\n", sign_of(judgement.verdict),
                                 inline_text(record.scenario), to_string(judgement.verdict));
  for (const std::string& reason : judgement.reasons) text += fmt::format("- {}\n", inline_text(reason));
  if (!judgement.reasons.empty()) text += "\n";
  text += unlike_list(record);
  if (!judgement.metrics.empty()) text += metric_table(record, judgement) + "\n";
  text += fmt::format("a: {}<br>b: {}<br>{}", inline_text(subject_text(record.a)),
                      inline_text(subject_text(record.b)), inline_text(judged_text(record, judgement)));
  const std::string stalls = stalls_text(record, judgement);
  if (!stalls.empty()) text += "<br>" + inline_text(stalls);
  return text + "\n";
}

std::string comparison_annotations(const AbRecord& record, const AbJudgement& judgement) {
  if (judgement.verdict == AbVerdict::ok) return "";
  const char* command = judgement.verdict == AbVerdict::inconclusive ? "warning" : "error";
  const std::string title = fmt::format("ringstorm {}: {}", to_string(judgement.verdict), record.scenario);
  std::string text;
  for (std::size_t i = 0; i < std::min(judgement.reasons.size(), kMostAnnotations); ++i) {
    text += fmt::format("::{} title={}::{}\n", command, command_property(title),
                        command_value(judgement.reasons[i]));
  }
  return text;
}

}  // namespace ringstorm
