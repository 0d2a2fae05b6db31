// Takes a Sec-WebSocket-Extensions field apart (RFC 6455 section 9.1): extensions separated by commas, each
// with parameters that may have a value. Views into the text, no allocation; it never knows what a name
// means.
#pragma once

#include <optional>
#include <string_view>

namespace ringstorm {

struct ExtensionParameter {
  std::string_view name;
  std::optional<std::string_view> value;  ///< of a quoted one what is between the quotes, as it stands
};

/// Call next_extension(), then next_parameter() until there is none, and so on.
class ExtensionList {
 public:
  explicit ExtensionList(std::string_view text) : rest_(text) {}

  /// The name of the next extension; nothing at the end, or where the text breaks the grammar. What is left
  /// of the one before is passed over.
  std::optional<std::string_view> next_extension();
  /// The next parameter of this extension; nothing when there are no more, or where the grammar is broken.
  std::optional<ExtensionParameter> next_parameter();
  /// The text breaks the grammar: nothing more is given.
  bool malformed() const { return malformed_; }

 private:
  void skip_space();
  bool take(char wanted);
  std::string_view take_token();
  std::optional<std::string_view> take_quoted();
  std::nullopt_t fail();

  std::string_view rest_;
  bool started_ = false;
  bool malformed_ = false;
};

}  // namespace ringstorm
