// Any bytes as a text with holes: never a crash, and what is accepted is filled within its bound, the same
// way twice. The first byte chooses how values are escaped.
#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "load/stamp.h"
#include "load/template.h"

namespace {

using namespace ringstorm;

constexpr std::array kValues{TemplateValue{"token", 8}, TemplateValue{"users.name", 4}};
constexpr std::array<std::string_view, 2> kFillings{"a\"\\\x01\n\tbc", "ann\x1f"};

void check_mistakes(std::string_view text, const TemplateReading& reading) {
  std::size_t before = 0;
  for (const TemplateMistake& mistake : reading.mistakes) {
    RS_CHECK(mistake.offset <= text.size());
    RS_CHECK(!mistake.what.empty() && mistake.what.size() + mistake.hint.size() < 500);
    RS_CHECK(mistake.offset >= before || mistake.offset == 0);
    before = mistake.offset;
  }
}

void check_filling(const Template& made) {
  const TemplateContext context{.connection = ~0ULL >> 40,
                                .sequence = ~0ULL,
                                .session = "twelve bytes",
                                .unix_ns = -1,
                                .intended = Instant{seconds(1)},
                                .stamped = ~0ULL,
                                .stamp_key = {.run = 1},
                                .values = kFillings};
  std::vector<std::byte> out(made.max_bytes()), again(made.max_bytes());
  Prng random{7}, same{7};
  const std::size_t bytes = made.fill(out, context, random);
  RS_CHECK(bytes <= made.max_bytes());
  RS_CHECK(made.fill(again, context, same) == bytes);
  out.resize(bytes);
  again.resize(bytes);
  RS_CHECK(out == again);
  if (made.has_stamp()) RS_CHECK(find_stamp(out, context.stamp_key).kind == StampReading::Kind::ours);
  for (const std::uint32_t value : made.used_values()) RS_CHECK(value < kValues.size());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view text{reinterpret_cast<const char*>(data) + 1, size - 1};
  const TemplateNames names{.values = kValues,
                            .longest_session = 12,
                            .environment = {},
                            .escaping = (data[0] & 1) != 0 ? Escaping::json : Escaping::none};
  const TemplateReading reading = Template::parse(text, names);
  check_mistakes(text, reading);
  if (!reading.mistakes.empty()) return 0;
  if (reading.value.constant()) {
    RS_CHECK(reading.value.constant_text().size() <= text.size());
    RS_CHECK(Template::may_have_holes(text) || reading.value.constant_text() == text);
    return 0;
  }
  check_filling(reading.value);
  return 0;
}
