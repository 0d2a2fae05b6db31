// A text with holes, `{"user":"{{users.name}}","n":{{sequence}}}`: taken apart once, at run time only the
// holes are filled. Pure: what stands in them comes with the context. Filling never allocates, and never
// writes more than max_bytes(), which is known from the layout.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/prng.h"
#include "load/stamp.h"

namespace ringstorm {

/// A value from outside that a hole may name: a captured variable, or a column of a feeder.
struct TemplateValue {
  std::string_view name;    ///< "token", "users.name"
  std::size_t longest = 0;  ///< bytes that it may have, at most
};

/// What becomes of the values that are put into holes.
enum class Escaping : std::uint8_t {
  none,
  json,  ///< they stand inside a JSON string: quotation marks, backslashes and control characters are escaped
};

/// What holes may name, beside the words that are always there.
struct TemplateNames {
  std::span<const TemplateValue> values = {};  ///< TemplateContext::values has them in this order
  std::optional<std::size_t> longest_session =
      {};  ///< bytes of the longest name; nothing: no {{session}} here
  /// The value of an environment variable, or nothing; asked when the text is taken apart.
  std::function<std::optional<std::string>(std::string_view name)> environment = {};
  Escaping escaping = Escaping::none;
};

/// What the holes of one message are filled with.
struct TemplateContext {
  std::uint64_t connection = 0;  ///< its number in the run, from 0
  std::uint64_t sequence = 0;    ///< of the connection's messages, from 0
  std::string_view session = {};
  std::int64_t unix_ns = 0;   ///< the time of day: nanoseconds since 1970
  Instant intended{};         ///< when the message was due; a stamp holds it
  std::uint64_t stamped = 0;  ///< of its messages with a stamp, from 0
  StampKey stamp_key = {};    ///< tells this run's stamps from others
  std::span<const std::string_view> values =
      {};  ///< as TemplateNames::values; only those of used_values() are read
};

/// Something wrong with a text's holes.
struct TemplateMistake {
  std::size_t offset = 0;  ///< in the text
  std::string what;
  std::string hint;
};

struct TemplateReading;

class Template {
 public:
  /// A filled text is never longer.
  static constexpr std::size_t kMaxBytes = 64 * 1024;

  /// Holes: connection, sequence, session, stamp, uuid, time.ns, time.us, time.ms, time.s, random.int(1,6),
  /// random.hex(16), env.NAME, and the names of `names`. "{{{{" stands for two braces; of three, the first is
  /// one that stands for itself. A text without holes may have any length.
  static TemplateReading parse(std::string_view text, const TemplateNames& names);
  /// Whether `name` is a word of the language, which no variable and no feeder can have for its name.
  static bool is_reserved(std::string_view name);
  /// Whether holes or escapes may stand in the text at all: false for nearly every constant one.
  static bool may_have_holes(std::string_view text) { return text.find("{{") != std::string_view::npos; }

  /// No holes: every filling is constant_text(), and `fill` need not be called.
  bool constant() const { return holes_.empty(); }
  std::string_view constant_text() const { return literals_; }

  std::size_t max_bytes() const { return max_bytes_; }
  /// Which of TemplateNames::values its holes name: ascending, each once.
  std::span<const std::uint32_t> used_values() const { return used_values_; }
  bool has_stamp() const { return has_stamp_; }

  /// Writes the text with its holes filled at the front of `out`, which has room for max_bytes(), and returns
  /// its length. The same context and the same state of `random` give the same bytes. A value longer than its
  /// `longest` aborts.
  std::size_t fill(std::span<std::byte> out, const TemplateContext& context, Prng& random) const;

 private:
  friend class TemplateParser;
  enum class Kind : std::uint8_t {
    connection,
    sequence,
    session,
    stamp,
    uuid,
    time,
    random_int,
    random_hex,
    value
  };
  /// Follows so many bytes of literal text, which begin where those of the hole before it end.
  struct Hole {
    Kind kind = Kind::connection;
    std::uint32_t literal_bytes = 0;
    std::uint32_t longest = 0;  ///< bytes that it may take
    std::int64_t first = 0;     ///< time: nanoseconds a unit; random: the least, or the digits; value: which
    std::uint64_t span = 0;     ///< random_int: how many numbers there are, 0 for 2^64
  };
  std::byte* fill_hole(std::byte* out, const Hole& hole, const TemplateContext& context, Prng& random) const;

  std::string literals_;
  std::vector<Hole> holes_;
  std::vector<std::uint32_t> used_values_;
  std::size_t max_bytes_ = 0;
  Escaping escaping_ = Escaping::none;
  bool has_stamp_ = false;
};

struct TemplateReading {
  Template value;                         ///< of use only when there are no mistakes
  std::vector<TemplateMistake> mistakes;  ///< all of them, in the order of the text
};

/// The random numbers of one connection's holes.
Prng template_random(std::uint64_t seed, std::uint64_t connection);

}  // namespace ringstorm
