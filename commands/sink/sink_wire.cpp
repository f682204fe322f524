#include "commands/sink/sink_wire.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>
#include <vector>

#include <boost/json/serialize.hpp>

#include "text/hex.hpp"
#include "text/utf8.hpp"

namespace telltale::commands {

namespace json = boost::json;

namespace {

constexpr std::array<std::pair<std::string_view, char>, 4> entities{
    {{"&amp;", '&'}, {"&lt;", '<'}, {"&gt;", '>'}, {"&quot;", '"'}}};
constexpr std::array<std::string_view, 6> telegram_tags{"b", "i",    "u",
                                                        "s", "code", "pre"};

} // namespace

std::string value_in_query(const http::request& what, std::string_view key) {
  const auto parsed = http::parse_target(what.target);
  if (parsed)
    for (const auto& [name, value] : parsed->query)
      if (name == key)
        return value;
  return {};
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
    case '\'':
      result += "&#39;";
      break;
    default:
      result += c;
    }
  }
  return result;
}

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

std::optional<html_text> text_of_html(std::string_view html) {
  html_text result;
  std::vector<std::string_view> open;
  while (!html.empty()) {
    if (html.front() == '&') {
      const auto* entity = std::ranges::find_if(
          entities, [&](const auto& e) { return html.starts_with(e.first); });
      if (entity == entities.end()) {
        result.text += '&';
        html.remove_prefix(1);
      } else {
        result.text += entity->second;
        html.remove_prefix(entity->first.size());
      }
      continue;
    }
    if (html.front() != '<') {
      result.text += html.front();
      html.remove_prefix(1);
      continue;
    }
    const auto end = html.find('>');
    if (end == std::string_view::npos)
      return std::nullopt;
    auto tag = html.substr(1, end - 1);
    html.remove_prefix(end + 1);
    if (tag.starts_with('/')) {
      if (open.empty() || open.back() != tag.substr(1))
        return std::nullopt;
      open.pop_back();
      continue;
    }
    constexpr std::string_view link = "a href=\"";
    if (tag.starts_with(link) && tag.ends_with('"')) {
      const auto address =
          text_of_html(tag.substr(link.size(), tag.size() - link.size() - 1));
      result.link = address ? address->text : std::string{};
      tag = "a";
    } else if (std::ranges::find(telegram_tags, tag) == telegram_tags.end()) {
      return std::nullopt;
    }
    open.push_back(tag);
  }
  if (!open.empty())
    return std::nullopt;
  return result;
}

std::string harmless(std::string_view text) {
  std::string result;
  for (std::size_t at = 0; at < text.size();) {
    const auto next = text::decode_or_byte(text, at);
    const bool is_control = next.code < 0x20 || next.code == 0x7f
                            || (next.size > 1 && next.code < 0xa0);
    if (is_control && next.code != '\n') {
      result += "\\x";
      text::append_hex(result, static_cast<unsigned char>(next.code),
                       text::hex_case::upper);
    } else {
      result += text.substr(at, next.size);
    }
    at += next.size;
  }
  return result;
}

} // namespace telltale::commands
