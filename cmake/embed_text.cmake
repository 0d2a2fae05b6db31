# Writes a header with the text of INPUT as the constant NAME: a file that the program prints needs no folder at run time.
file(READ ${INPUT} text)
file(WRITE ${OUTPUT} "// Made by cmake/embed_text.cmake.
#pragma once

namespace ringstorm {

inline constexpr char ${NAME}[] = R\"~~~(${text})~~~\";

}  // namespace ringstorm
")
