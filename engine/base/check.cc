#include "base/check.h"

#include <cstdio>
#include <cstdlib>

namespace ringstorm {

void check_failed(const char* file, int line, const char* fact) noexcept {
  std::fprintf(stderr, "%s:%d: internal check failed: %s\n", file, line, fact);
  std::abort();
}

}  // namespace ringstorm
