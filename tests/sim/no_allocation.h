// For a test binary that links no_allocation.cc: its operator new aborts while a NoAllocation is alive on the
// thread, except for what the simulator does meanwhile.
#pragma once

namespace ringstorm {

class NoAllocation {
 public:
  NoAllocation() { forbidden_ = true; }
  ~NoAllocation() { forbidden_ = false; }
  NoAllocation(const NoAllocation&) = delete;
  NoAllocation& operator=(const NoAllocation&) = delete;
  /// Called by operator new.
  static void check();

 private:
  static thread_local bool forbidden_;
};

}  // namespace ringstorm
