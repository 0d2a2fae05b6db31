// 128-bit integers, for the few products of two 64-bit numbers that must be exact. ISO C++ has no name for
// them, so the compiler's extension is named once, here.
#pragma once

namespace ringstorm {

__extension__ typedef unsigned __int128 Wide;

}  // namespace ringstorm
