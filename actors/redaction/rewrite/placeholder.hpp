#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "actors/redaction/detect/classes.hpp"

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

/// Where a placeholder's tag goes, and what it tells apart.
struct tag_place {
  std::size_t at = 0; ///< of its first character
  secret_class kind{};
  std::string_view value;
};

/// Writes placeholders. The tag lets an operator see that two texts hold the
/// same secret without learning it: six base32 characters of HMAC-SHA-256 over
/// class and value. Any thread.
class placeholder_writer {
public:
  /// An empty key: no tags.
  explicit placeholder_writer(std::string_view tag_key);
  ~placeholder_writer();
  placeholder_writer(const placeholder_writer&) = delete;
  placeholder_writer& operator=(const placeholder_writer&) = delete;

  /// Appends the placeholder of `value`. If `tagged` and the value is long and
  /// varied enough not to be guessed from its tag, there is room for one: its
  /// place is the answer, else 0.
  std::size_t write(std::string& out, secret_class kind, std::string_view value,
                    bool tagged) const;

  /// Writes the tags into their room.
  void tag(std::string& out, const std::vector<tag_place>& places) const;

private:
  struct keyed_hash;
  std::unique_ptr<const keyed_hash> hash_; ///< null: no tags
};

} // namespace telltale::redact
