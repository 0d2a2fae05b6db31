// Sessions whose every frame is shown to somebody.
#pragma once

#include <span>
#include <vector>

#include "shard/frame_trace.h"
#include "shard/script_traffic.h"

namespace ringstorm {

class TracedTraffic : public ScriptTraffic {
 public:
  using ScriptTraffic::ScriptTraffic;

  void trace_to(const TraceSink* sink) {
    RS_CHECK(sink != nullptr);
    for (std::uint64_t i = 0; i < lanes_.size(); ++i)
      traces_.emplace_back(segment_.first_connection + i, *sink);
  }
  void said(Slot slot, std::span<const std::byte> bytes) { traces_[slot].said(bytes); }
  void heard(Slot slot, std::span<const std::byte> bytes) { traces_[slot].heard(bytes); }

 private:
  std::vector<FrameTrace> traces_;
};

}  // namespace ringstorm
