// Whether a client's mask keys look unpredictable (RFC 6455 section 5.3), as far as that can be seen for the
// price of one comparison a frame.
#pragma once

#include <bit>
#include <cstdint>

#include "codec/mask.h"

namespace ringstorm {

/// Remembers one key at a time, a new one after 1, 2, 4, 8 ... frames (R. P. Brent's way to find a cycle): a
/// constant key is seen at once, and one that comes round again after any number of frames is seen in time.
/// Keys at random match by chance once in 2^32 frames.
class KeyWatch {
 public:
  /// True when the key is known to have masked an earlier frame.
  bool repeats(MaskKey key) {
    const bool repeated = frames_ > 0 && key == remembered_;
    if (std::has_single_bit(++frames_)) remembered_ = key;
    return repeated;
  }

 private:
  MaskKey remembered_;
  std::uint32_t frames_ = 0;
};

}  // namespace ringstorm
