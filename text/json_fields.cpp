#include "text/json_fields.hpp"

#include <utility>

#include <boost/json/parse.hpp>

namespace telltale::text {

namespace json = boost::json;

std::optional<json::object> parse_object(std::string_view text) {
  boost::system::error_code error;
  auto value = json::parse(json::string_view{text.data(), text.size()}, error);
  if (error || !value.is_object())
    return std::nullopt;
  return std::move(value.get_object());
}

const json::value* field_at(const json::object& from,
                            std::string_view key) noexcept {
  return from.if_contains(json::string_view{key.data(), key.size()});
}

const json::value* field_at(const json::value& from,
                            std::string_view key) noexcept {
  const auto* const object = from.if_object();
  return object != nullptr ? field_at(*object, key) : nullptr;
}

namespace detail {

std::string as_text(const json::value* field) {
  const auto* const text = field != nullptr ? field->if_string() : nullptr;
  return text != nullptr ? std::string{text->data(), text->size()}
                         : std::string{};
}

std::optional<std::int64_t> as_number(const json::value* field) noexcept {
  const auto* const number = field != nullptr ? field->if_int64() : nullptr;
  return number != nullptr ? std::optional{*number} : std::nullopt;
}

std::optional<double> as_real(const json::value* field) noexcept {
  return field != nullptr && field->is_number()
             ? std::optional{field->to_number<double>()}
             : std::nullopt;
}

bool as_flag(const json::value* field) noexcept {
  const auto* const flag = field != nullptr ? field->if_bool() : nullptr;
  return flag != nullptr && *flag;
}

const json::object& as_object(const json::value* field) noexcept {
  static const json::object none;
  const auto* const object = field != nullptr ? field->if_object() : nullptr;
  return object != nullptr ? *object : none;
}

const json::array& as_array(const json::value* field) noexcept {
  static const json::array none;
  const auto* const array = field != nullptr ? field->if_array() : nullptr;
  return array != nullptr ? *array : none;
}

} // namespace detail

} // namespace telltale::text
