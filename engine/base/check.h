// Invariants. A failed check is a bug in ringstorm, never a user's mistake or a peer's: those are `Result`
// errors.
#pragma once

namespace ringstorm {

/// Prints the place and the fact that did not hold, then aborts.
[[noreturn]] void check_failed(const char* file, int line, const char* fact) noexcept;

}  // namespace ringstorm

/// Always on: for facts whose failure would corrupt a measurement or memory. Keep it to one fact a line.
#define RS_CHECK(fact)                                    \
  (__builtin_expect(static_cast<bool>(fact), 1) ? void(0) \
                                                : ::ringstorm::check_failed(__FILE__, __LINE__, #fact))

/// Debug builds only: for facts on a path where the comparison itself would cost.
#ifdef NDEBUG
#define RS_DCHECK(fact) void(sizeof(static_cast<bool>(fact)))
#else
#define RS_DCHECK(fact) RS_CHECK(fact)
#endif
