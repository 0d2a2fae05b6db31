// What a session wants to end its connection with.
#pragma once

#include <cstdint>

#include "base/cause.h"
#include "codec/frame.h"

namespace ringstorm {

struct CloseWish {
  std::uint16_t code = close_code::normal;
  Failure failure = {};  ///< why the connection is lost instead of closed in good order; none mostly
};

}  // namespace ringstorm
