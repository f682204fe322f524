#include "actors/gateway/wire/fields.hpp"

#include <algorithm>
#include <array>

#include <boost/json/parse.hpp>
#include <boost/json/parser.hpp>
#include <boost/json/serialize.hpp>

#include "messages/error.hpp"
#include "text/hex.hpp"
#include "text/json_members.hpp"
#include "text/utf8.hpp"

namespace telltale {

namespace {

namespace json = boost::json;

constexpr std::size_t max_id_characters = 128;

json::parse_options options() {
  json::parse_options chosen;
  chosen.max_depth = 32;
  chosen.allow_invalid_utf8 = true;
  return chosen;
}

json::value parse(std::string_view body, json::error_code& error) {
  static thread_local std::array<unsigned char, 8192> scratch;
  static thread_local json::parser parser{json::storage_ptr{}, options(),
                                          scratch.data(), scratch.size()};
  parser.reset();
  parser.write(body.data(), body.size(), error);
  if (error)
    return nullptr;
  return parser.release();
}

/// Reads `uXXXX` at an offset.
std::optional<unsigned> escape_at(std::string_view text, std::size_t at) {
  if (at + 6 > text.size() || text[at] != '\\' || text[at + 1] != 'u')
    return std::nullopt;
  unsigned value = 0;
  for (std::size_t i = at + 2; i < at + 6; ++i) {
    const int digit = text::hex_value(text[i]);
    if (digit < 0)
      return std::nullopt;
    value = value << 4U | static_cast<unsigned>(digit);
  }
  return value;
}

/// Halves of surrogate pairs, as programs write that cut texts between two
/// code units, become U+FFFD. Nothing if there was none.
std::optional<std::string> mend_surrogates(std::string_view body) {
  std::string mended;
  bool changed = false;
  for (std::size_t at = 0; at < body.size();) {
    if (body[at] != '\\') {
      mended += body[at++];
      continue;
    }
    const auto unit = escape_at(body, at);
    const auto length = std::min<std::size_t>(unit ? 6 : 2, body.size() - at);
    if (unit && *unit >= 0xd800 && *unit <= 0xdfff) {
      const auto second = escape_at(body, at + 6);
      const bool paired =
          *unit < 0xdc00 && second && *second >= 0xdc00 && *second <= 0xdfff;
      if (paired) {
        mended += body.substr(at, 12);
        at += 12;
      } else {
        mended += "\\ufffd";
        changed = true;
        at += 6;
      }
      continue;
    }
    mended += body.substr(at, length);
    at += length;
  }
  return changed ? std::optional{std::move(mended)} : std::nullopt;
}

} // namespace

caf::expected<json::object> read_object(std::string_view body) {
  json::error_code error;
  auto value = parse(body, error);
  if (error)
    if (const auto mended = mend_surrogates(body)) {
      error.clear();
      value = parse(*mended, error);
    }
  if (error)
    return make_error(ec::malformed_json,
                      "the body is not valid JSON: " + error.message());
  if (!value.is_object())
    return make_error(ec::invalid_field, "the body must be a JSON object");
  return std::move(value.as_object());
}

const json::value* field_reader::find(std::string_view name) const {
  const auto* value = from_.if_contains(name);
  return value == nullptr || value->is_null() ? nullptr : value;
}

void field_reader::fail(std::string_view name, std::string_view why) {
  if (!error_)
    error_ = make_error(ec::invalid_field,
                        prefix_ + std::string{name} + " " + std::string{why});
}

std::optional<std::string> field_reader::text(std::string_view name) {
  const auto* value = find(name);
  if (value == nullptr)
    return std::nullopt;
  if (!value->is_string()) {
    fail(name, "must be a string");
    return std::nullopt;
  }
  const auto& text = value->get_string();
  return std::string{text.data(), text.size()};
}

std::optional<std::string> field_reader::id(std::string_view name) {
  auto value = text(name);
  if (value && !is_opaque_id(*value)) {
    fail(name,
         "must have 1 to 128 characters, none of them control characters");
    return std::nullopt;
  }
  return value;
}

std::string field_reader::required_id(std::string_view name) {
  auto value = id(name);
  if (!value)
    fail(name, "is missing");
  return std::move(value).value_or("");
}

std::optional<bool> field_reader::flag(std::string_view name) {
  const auto* value = find(name);
  if (value == nullptr)
    return std::nullopt;
  if (!value->is_bool()) {
    fail(name, "must be true or false");
    return std::nullopt;
  }
  return value->get_bool();
}

std::optional<std::int64_t> field_reader::integer(std::string_view name,
                                                  std::int64_t least,
                                                  std::int64_t most) {
  const auto* value = find(name);
  if (value == nullptr)
    return std::nullopt;
  if (value->is_int64() && value->get_int64() >= least
      && value->get_int64() <= most)
    return value->get_int64();
  fail(name, value->is_number()
                 ? "must be an integer from " + std::to_string(least) + " to "
                       + std::to_string(most)
                 : std::string{"must be an integer"});
  return std::nullopt;
}

std::string field_reader::any(std::string_view name, std::size_t most_bytes) {
  const auto* value = find(name);
  return value == nullptr ? std::string{}
                          : bounded(name, json::serialize(*value), most_bytes);
}

std::string field_reader::as_written(std::string_view name,
                                     std::string_view body,
                                     std::size_t most_bytes) {
  const auto* value = find(name);
  if (value == nullptr)
    return {};
  const auto written = text::member_of(body, name);
  json::error_code error;
  static_cast<void>(json::parse({written.data(), written.size()}, error));
  return bounded(name, error ? json::serialize(*value) : std::string{written},
                 most_bytes);
}

std::string field_reader::bounded(std::string_view name, std::string text,
                                  std::size_t most_bytes) {
  if (text.size() > most_bytes)
    fail(name, "is larger than " + std::to_string(most_bytes) + " bytes");
  else if (!text::is_valid(text))
    fail(name, "is not valid UTF-8");
  return text;
}

bool is_opaque_id(std::string_view text) noexcept {
  const auto characters = text::count_characters(text);
  return characters >= 1 && characters <= max_id_characters
         && text::is_valid(text) && !text::has_ascii_control(text);
}

bool is_blank_text(std::string_view text) noexcept {
  return text.find_first_not_of(" \t\r\n\f\v") == std::string_view::npos;
}

} // namespace telltale
