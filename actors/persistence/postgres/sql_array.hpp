#pragma once

#include <charconv>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>

#include "messages/time.hpp"
#include "messages/uuid.hpp"

namespace telltale {

/// Builds the text form of a PostgreSQL array, which is how many values travel
/// as one parameter (`$1::uuid[]`). Values are escaped here, never by callers.
class sql_array {
public:
  void add_null() {
    separate();
    text_ += "NULL";
  }

  template <class Number>
  requires std::is_arithmetic_v<Number>
  void add(Number value) {
    separate();
    if constexpr (std::is_same_v<Number, bool>) {
      text_ += value ? 't' : 'f';
    } else {
      char digits[24];
      const auto end = std::to_chars(digits, digits + sizeof digits, value);
      text_.append(digits, end.ptr);
    }
  }

  void add(const uuid& id);
  template <class Tag> void add(const uuid_id<Tag>& id) { add(id.value); }
  void add(timestamp when) { add_plain(format_rfc3339(when)); }
  void add(std::string_view value);
  void add(const std::string& value) { add(std::string_view{value}); }
  void add(const char* value) { add(std::string_view{value}); }

  template <class T> void add(const std::optional<T>& value) {
    if (value)
      add(*value);
    else
      add_null();
  }

  /// An empty text means absent.
  void add_or_null(std::string_view value) {
    if (value.empty())
      add_null();
    else
      add(value);
  }

  /// Closes the array: nothing may be added after it.
  [[nodiscard]] const std::string& done() {
    text_ += '}';
    return text_;
  }

private:
  void separate() {
    if (text_.size() > 1)
      text_ += ',';
  }

  /// A value that needs no escaping.
  void add_plain(std::string_view value) {
    separate();
    text_ += value;
  }

  std::string text_ = "{";
};

} // namespace telltale
