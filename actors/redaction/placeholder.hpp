#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "actors/redaction/classes.hpp"

namespace telltale::redact {

/// A half-open stretch of a text.
struct stretch {
  std::size_t begin = 0;
  std::size_t end = 0;

  bool operator==(const stretch&) const = default;
};

/// Length of the placeholder at `at`, 0 if there is none:
/// `\[REDACTED:[a-z0-9-]{1,32}(#[a-z2-7]{6})?\]`, exactly.
[[nodiscard]] std::size_t placeholder_length(std::string_view text,
                                             std::size_t at) noexcept;

/// All placeholders of a text, in order.
[[nodiscard]] std::vector<stretch> find_placeholders(std::string_view text);

/// A placeholder without its tag.
[[nodiscard]] std::string without_tag(std::string_view placeholder);

/// Writes placeholders. The tag lets an operator see that two texts hold the
/// same secret without learning it: six base32 characters of HMAC-SHA-256 over
/// class and value.
class placeholder_writer {
public:
  /// An empty key: no tags.
  explicit placeholder_writer(std::string tag_key)
      : tag_key_(std::move(tag_key)) {}

  /// Appends the placeholder of `value`, with a tag if `tagged` and the value
  /// is long and varied enough not to be guessed from it.
  void write(std::string& out, secret_class kind, std::string_view value,
             bool tagged) const;

private:
  std::string tag_key_;
};

} // namespace telltale::redact
