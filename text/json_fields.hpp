#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

namespace telltale::text {

// Fields of JSON that somebody else wrote: each may be absent or of another
// type than expected, which reads the same. `from` may be any value; one that
// is no object has no fields. What a function points to lives as long as
// `from`.

/// The JSON object that is the whole text; nothing if it is none.
[[nodiscard]] std::optional<boost::json::object>
parse_object(std::string_view text);

/// Null if there is none; JSON's `null` is one.
[[nodiscard]] const boost::json::value*
field_at(const boost::json::object& from, std::string_view key) noexcept;
[[nodiscard]] const boost::json::value* field_at(const boost::json::value& from,
                                                 std::string_view key) noexcept;

namespace detail {
[[nodiscard]] std::string as_text(const boost::json::value* field);
[[nodiscard]] std::optional<std::int64_t>
as_number(const boost::json::value* field) noexcept;
[[nodiscard]] std::optional<double>
as_real(const boost::json::value* field) noexcept;
[[nodiscard]] bool as_flag(const boost::json::value* field) noexcept;
[[nodiscard]] const boost::json::object&
as_object(const boost::json::value* field) noexcept;
[[nodiscard]] const boost::json::array&
as_array(const boost::json::value* field) noexcept;
} // namespace detail

// `From` is an object or a value: an object would be copied to become one.

/// The string under `key`; empty if there is none.
template <class From>
[[nodiscard]] std::string text_at(const From& from, std::string_view key) {
  return detail::as_text(field_at(from, key));
}

/// The integer under `key`, if there is one that 64 bits hold with its sign.
template <class From> [[nodiscard]] std::optional<std::int64_t>
number_at(const From& from, std::string_view key) noexcept {
  return detail::as_number(field_at(from, key));
}

/// The same; 0 if there is none.
template <class From> [[nodiscard]] std::int64_t
number_or_zero(const From& from, std::string_view key) noexcept {
  return number_at(from, key).value_or(0);
}

/// The number under `key`, whole or not, if there is one.
template <class From> [[nodiscard]] std::optional<double>
real_at(const From& from, std::string_view key) noexcept {
  return detail::as_real(field_at(from, key));
}

/// Whether `true` stands under `key`.
template <class From>
[[nodiscard]] bool flag_at(const From& from, std::string_view key) noexcept {
  return detail::as_flag(field_at(from, key));
}

/// The object under `key`; an empty one if there is none.
template <class From> [[nodiscard]] const boost::json::object&
object_at(const From& from, std::string_view key) noexcept {
  return detail::as_object(field_at(from, key));
}

/// The array under `key`; an empty one if there is none.
template <class From> [[nodiscard]] const boost::json::array&
array_at(const From& from, std::string_view key) noexcept {
  return detail::as_array(field_at(from, key));
}

} // namespace telltale::text
