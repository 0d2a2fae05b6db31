// A value or an error a person can act on. Used before the start and at the edges; the hot path has no errors
// of this kind (it counts `Failure`s, see cause.h).
#pragma once

#include <cstddef>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "base/check.h"

namespace ringstorm {

/// What went wrong, where, and what would have been right. Print it with `to_string`.
struct Error {
  std::string where;  ///< "scenarios/echo.json:12:7 /connections/count", "ws://host:1/", "io_uring_setup";
                      ///< may be empty
  std::string what;   ///< one calm sentence: what was found and what was expected
  std::string hint;   ///< "did you mean \"open_rate\"?"; may be empty
  std::size_t offset = 0;  ///< bytes into the text that stands there, where the mistake is inside it
};

/// "where: what (hint)".
std::string to_string(const Error& error);

/// Either a T or one or more errors (all of a user's mistakes are reported at once).
template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::move(value)) {}  // NOLINT(google-explicit-constructor)
  Result(Error error)
      : state_(std::vector<Error>{std::move(error)}) {}            // NOLINT(google-explicit-constructor)
  Result(std::vector<Error> errors) : state_(std::move(errors)) {  // NOLINT(google-explicit-constructor)
    RS_CHECK(!this->errors().empty());
  }

  bool ok() const { return std::holds_alternative<T>(state_); }
  explicit operator bool() const { return ok(); }

  T& value() & {
    RS_CHECK(ok());
    return std::get<T>(state_);
  }
  const T& value() const& {
    RS_CHECK(ok());
    return std::get<T>(state_);
  }
  T&& value() && {
    RS_CHECK(ok());
    return std::get<T>(std::move(state_));
  }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }

  const std::vector<Error>& errors() const {
    RS_CHECK(!ok());
    return std::get<std::vector<Error>>(state_);
  }
  const Error& error() const { return errors().front(); }

 private:
  std::variant<T, std::vector<Error>> state_;
};

struct Nothing {};
using Status = Result<Nothing>;
inline Status success() {
  return Nothing{};
}

}  // namespace ringstorm
