// A comparison as a file: the record and what was judged of it, as results/comparison.schema.json describes
// it. Whoever has the file has the verdict: judging the record again gives the same bytes.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "compare/ab_judgement.h"
#include "compare/ab_record.h"

namespace ringstorm {

/// One slice a line, so that two of them can be laid beside each other; ends in a newline.
std::string comparison_json(const AbRecord& record, const AbJudgement& judgement);

/// The record of such a document; what was judged is not read. `where` names it in errors.
Result<AbRecord> parse_comparison(std::string_view text, const std::string& where);

struct Replay {
  AbRecord record;
  AbJudgement judgement;    ///< of the record, now
  bool reproduced = false;  ///< the document has the same bytes
  std::size_t differs = 0;  ///< the first line that is not the same, from 1; 0 when all are
};
/// Judges a document's record again.
Result<Replay> replay_comparison(std::string_view text, const std::string& where);

}  // namespace ringstorm
