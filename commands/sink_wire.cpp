#include "commands/sink_wire.hpp"

#include <charconv>
#include <cstdio>

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

namespace telltale::commands {

namespace json = boost::json;

namespace {

std::string escape_html(std::string_view text) {
  std::string result;
  for (const char c : text) {
    switch (c) {
    case '<':
      result += "&lt;";
      break;
    case '>':
      result += "&gt;";
      break;
    case '&':
      result += "&amp;";
      break;
    case '"':
      result += "&quot;";
      break;
    default:
      result += c;
    }
  }
  return result;
}

const json::value* find(const json::object& object, std::string_view key) {
  return object.if_contains(json::string_view{key.data(), key.size()});
}

std::string string_of(const json::value& value) {
  const auto& text = value.get_string();
  return {text.c_str(), text.size()};
}

void add_line(std::string& text, const std::string& line) {
  if (!line.empty())
    text += (text.empty() ? "" : "\n") + line;
}

/// What a reader sees of a card's text: `&#NN;` is a character, and the joiner
/// that keeps a mention from being one is not seen.
std::string as_seen(std::string_view text) {
  static constexpr std::string_view joiner = "\u2060";
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text.substr(i, joiner.size()) == joiner) {
      i += joiner.size() - 1;
      continue;
    }
    int code = 0;
    const auto end = text.substr(i, 2) == "&#" ? text.find(';', i) : text.npos;
    if (end != text.npos
        && std::from_chars(text.data() + i + 2, text.data() + end, code).ptr
               == text.data() + end
        && code >= 0x20 && code < 0x7f) {
      result += static_cast<char>(code);
      i = end;
      continue;
    }
    result += text[i];
  }
  return result;
}

/// The readable parts of a card, in order.
void collect(const json::value& node, std::string& text) {
  if (node.is_array()) {
    for (const auto& child : node.get_array())
      collect(child, text);
    return;
  }
  if (!node.is_object())
    return;
  const auto& object = node.get_object();
  for (const auto* key : {"content", "url"})
    add_line(text, as_seen(text_in(object, key)));
  for (const auto* key : {"header", "title", "elements", "text", "actions"})
    if (const auto* child = find(object, key))
      collect(*child, text);
}

} // namespace

std::optional<json::object> read_object(std::string_view text) {
  boost::system::error_code error;
  auto value = json::parse(json::string_view{text.data(), text.size()}, error);
  if (error || !value.is_object())
    return std::nullopt;
  return std::move(value.get_object());
}

std::string text_in(const json::object& object, std::string_view key) {
  const auto* value = find(object, key);
  return value != nullptr && value->is_string() ? string_of(*value)
                                                : std::string{};
}

std::int64_t number_in(const json::object& object, std::string_view key) {
  const auto* value = find(object, key);
  return value != nullptr && value->is_int64() ? value->get_int64() : 0;
}

bool flag_in(const json::object& object, std::string_view key) {
  const auto* value = find(object, key);
  return value != nullptr && value->is_bool() && value->get_bool();
}

http::response json_answer(unsigned status, const json::object& body) {
  return {.status = status,
          .headers = {{"Content-Type", "application/json; charset=utf-8"}},
          .body = json::serialize(body)};
}

http::response lark_error(unsigned status, std::int64_t code) {
  return json_answer(
      status, {{"code", code},
               {"msg", "refused by the local chat"},
               {"error", {{"log_id", "202601010000000000000000000000"}}}});
}

std::string lark_text(std::string_view type, std::string_view content) {
  const auto object = read_object(content);
  if (!object)
    return {};
  if (type == "text")
    return text_in(*object, "text");
  std::string text;
  collect(json::value{*object}, text);
  return text;
}

std::string page_of(const std::vector<sink_message>& messages) {
  std::string page =
      "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\">"
      "<meta name=\"viewport\" content=\"width=device-width\">"
      "<meta http-equiv=\"refresh\" content=\"3\"><title>Local chat</title>"
      "<style>body{font:16px/1.5 system-ui,sans-serif;max-width:46rem;"
      "margin:2rem auto;padding:0 1rem}li{list-style:none;margin:1rem 0;"
      "padding:.75rem 1rem;border:1px solid #8885;border-radius:.75rem;"
      "white-space:pre-wrap;overflow-wrap:anywhere}ol{padding:0}"
      "small{display:block;opacity:.7}</style><h1>Local chat</h1>";
  page += "<p>" + std::to_string(messages.size()) + " messages, newest first"
          + "</p><ol>";
  std::size_t shown = 0;
  for (auto it = messages.rbegin(); it != messages.rend() && shown < 500;
       ++it, ++shown)
    page += "<li><small>" + escape_html(it->received_at) + " · "
            + escape_html(it->relay) + " · " + escape_html(it->chat)
            + "</small>" + escape_html(it->text) + "</li>";
  return page + "</ol></html>";
}

std::string harmless(std::string_view text) {
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    // U+0080 to U+009F are control characters too, in two bytes.
    const bool late_control =
        byte == 0xC2U && i + 1 < text.size()
        && static_cast<unsigned char>(text[i + 1]) < 0xA0U;
    if ((byte >= 0x20U && byte != 0x7FU && !late_control) || text[i] == '\n') {
      result += text[i];
      continue;
    }
    char escaped[8];
    std::snprintf(escaped, sizeof escaped, "\\x%02X",
                  late_control ? static_cast<unsigned char>(text[++i]) : byte);
    result += escaped;
  }
  return result;
}

} // namespace telltale::commands
