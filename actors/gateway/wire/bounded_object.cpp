#include "actors/gateway/wire/bounded_object.hpp"

#include <cstdint>
#include <optional>

#include <boost/json/basic_parser_impl.hpp>

#include "actors/gateway/wire/fields.hpp"
#include "messages/error.hpp"
#include "text/json_members.hpp"
#include "text/utf8.hpp"

namespace telltale {

namespace {

namespace json = boost::json;

/// What redaction looks at of a longer text.
constexpr std::size_t kept = 256U << 10U;
/// Within this distance of the cut, a blank is looked for.
constexpr std::size_t near_cut = 4096;
/// The longest escape, a pair of surrogates, has twelve characters.
constexpr std::size_t longest_escape = 12;

/// Sees whether a text is JSON, and keeps nothing of it.
struct json_checker {
  static constexpr std::size_t max_object_size = SIZE_MAX;
  static constexpr std::size_t max_array_size = SIZE_MAX;
  static constexpr std::size_t max_key_size = SIZE_MAX;
  static constexpr std::size_t max_string_size = SIZE_MAX;

  using error = json::error_code;
  using view = json::string_view;

  bool on_document_begin(error&) { return true; }
  bool on_document_end(error&) { return true; }
  bool on_object_begin(error&) { return true; }
  bool on_object_end(std::size_t, error&) { return true; }
  bool on_array_begin(error&) { return true; }
  bool on_array_end(std::size_t, error&) { return true; }
  bool on_key_part(view, std::size_t, error&) { return true; }
  bool on_key(view, std::size_t, error&) { return true; }
  bool on_string_part(view, std::size_t, error&) { return true; }
  bool on_string(view, std::size_t, error&) { return true; }
  bool on_number_part(view, error&) { return true; }
  bool on_int64(std::int64_t, view, error&) { return true; }
  bool on_uint64(std::uint64_t, view, error&) { return true; }
  bool on_double(double, view, error&) { return true; }
  bool on_bool(bool, error&) { return true; }
  bool on_null(error&) { return true; }
  bool on_comment_part(view, error&) { return true; }
  bool on_comment(view, error&) { return true; }
};

json::parse_options options() {
  json::parse_options chosen;
  chosen.max_depth = 32;
  chosen.allow_invalid_utf8 = true;
  return chosen;
}

/// No error if it is JSON, save for halves of surrogate pairs.
json::error_code check(std::string_view body) {
  json::basic_parser<json_checker> parser{options()};
  json::error_code error;
  const auto read = parser.write_some(false, body.data(), body.size(), error);
  if (!error && read < body.size()
      && body.find_first_not_of(" \t\r\n", read) != std::string_view::npos)
    error = json::error::extra_data;
  return error;
}

std::optional<json::value> parse_value(std::string_view text) {
  auto read = read_object("{\"v\":" + std::string{text} + "}");
  if (!read)
    return std::nullopt;
  return std::move((*read)["v"]);
}

std::optional<std::string> decode(std::string_view content) {
  const auto value = parse_value("\"" + std::string{content} + "\"");
  if (!value || !value->is_string())
    return std::nullopt;
  const auto& text = value->get_string();
  return std::string{text.data(), text.size()};
}

std::string_view head_of(std::string_view text) {
  auto head = text.substr(0, kept);
  const auto blank = head.rfind(' ');
  if (blank != std::string_view::npos && blank + near_cut > head.size())
    head = head.substr(0, blank);
  return head;
}

std::string_view tail_of(std::string_view text) {
  auto tail = text.substr(text.size() - kept);
  if (const auto blank = tail.find(' '); blank < near_cut)
    tail.remove_prefix(blank + 1);
  return tail;
}

/// Without what an escape was cut into.
std::string decode_head(std::string_view head) {
  for (std::size_t less = 0; less <= longest_escape; ++less)
    if (auto text = decode(head.substr(0, head.size() - less)))
      return *std::move(text);
  return {};
}

std::string decode_tail(std::string_view tail) {
  for (std::size_t less = 0; less <= longest_escape; ++less)
    if (auto text = decode(tail.substr(less)))
      return *std::move(text);
  return {};
}

/// `content` is what stands between the quotes, or any other text as it is.
json::string shorten(std::string_view content, bool is_string) {
  const auto head = head_of(content);
  const auto tail = tail_of(content);
  const auto omitted = content.size() - head.size() - tail.size();
  std::string text = is_string ? decode_head(head) : std::string{head};
  text += "\n\xe2\x80\xa6 [" + std::to_string(omitted)
          + " bytes omitted] \xe2\x80\xa6\n";
  text += is_string ? decode_tail(tail) : std::string{tail};
  return json::string{text.data(), text.size()};
}

json::value bounded_value(std::string_view raw) {
  const bool is_string = raw.starts_with('"');
  if (raw.size() > large_body)
    return shorten(is_string ? raw.substr(1, raw.size() - 2) : raw, is_string);
  return parse_value(raw).value_or(nullptr);
}

} // namespace

caf::expected<json::object> read_bounded_object(std::string_view body) {
  // What is broken is told, or mended, by the other.
  if (body.size() <= large_body || check(body))
    return read_object(body);
  if (body.find_first_not_of(" \t\r\n") != body.find('{'))
    return make_error(ec::invalid_field, "the body must be a JSON object");
  json::object bounded;
  for (const auto& member : text::members_of(body))
    bounded[member.name] = bounded_value(member.value);
  return bounded;
}

caf::expected<std::vector<std::string_view>>
read_elements(std::string_view body, std::string_view name) {
  if (const auto error = check(body))
    return make_error(ec::malformed_json,
                      "the body is not valid JSON: " + error.message());
  const auto list = text::member_of(body, name);
  if (!list.starts_with('['))
    return make_error(ec::invalid_field, std::string{name} + " must be a list");
  return text::elements_of(list);
}

std::string cut_text(std::string_view text, std::size_t most) {
  if (text.size() <= most)
    return std::string{text};
  while (most > 0 && text::is_continuation(text[most]))
    --most;
  return std::string{text.substr(0, most)};
}

} // namespace telltale
