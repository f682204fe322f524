#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <caf/error.hpp>
#include <caf/expected.hpp>

namespace telltale {

/// A body as JSON object: at most 32 deep, parsed with the calling thread's own
/// parser. Bytes that are no UTF-8 inside strings pass (texts are cleaned by
/// redaction, ids are checked one by one), and so do halves of surrogate pairs,
/// as U+FFFD: neither may cost a runner its report.
[[nodiscard]] caf::expected<boost::json::object>
read_object(std::string_view body);

/// Reads the fields of an object and remembers the first that is wrong. Once
/// one was wrong, what the rest return does not matter.
class field_reader {
public:
  /// `prefix` stands before names in errors (`reports[3].`).
  explicit field_reader(const boost::json::object& from,
                        std::string prefix = {})
      : from_(from), prefix_(std::move(prefix)) {}

  /// Null if it is absent or null.
  [[nodiscard]] const boost::json::value* find(std::string_view name) const;

  [[nodiscard]] std::optional<std::string> text(std::string_view name);
  /// 1 to 128 characters of UTF-8 without control characters.
  [[nodiscard]] std::optional<std::string> id(std::string_view name);
  [[nodiscard]] std::string required_id(std::string_view name);
  [[nodiscard]] std::optional<bool> flag(std::string_view name);
  [[nodiscard]] std::optional<std::int64_t>
  integer(std::string_view name, std::int64_t least, std::int64_t most);
  /// Any JSON, as text of at most `most_bytes`; empty: absent.
  [[nodiscard]] std::string any(std::string_view name, std::size_t most_bytes);

  /// The same as it stands in `body`, the text of the object: numbers keep all
  /// their digits. What JSON forbids (half of a surrogate pair) is mended.
  [[nodiscard]] std::string as_written(std::string_view name,
                                       std::string_view body,
                                       std::size_t most_bytes);

  void fail(std::string_view name, std::string_view why);
  [[nodiscard]] bool good() const noexcept { return !error_; }
  [[nodiscard]] const caf::error& error() const noexcept { return error_; }

private:
  /// Fails if the text is too large, or none.
  std::string bounded(std::string_view name, std::string text,
                      std::size_t most_bytes);

  const boost::json::object& from_;
  std::string prefix_;
  caf::error error_;
};

/// 1 to 128 characters of valid UTF-8, no control characters.
[[nodiscard]] bool is_opaque_id(std::string_view text) noexcept;

[[nodiscard]] bool is_blank_text(std::string_view text) noexcept;

} // namespace telltale
