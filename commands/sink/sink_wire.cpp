#include "commands/sink/sink_wire.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
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

http::response in_gzip(http::response answer) {
  // One stored block, as RFC 1951 has it, in a member of RFC 1952.
  const auto append = [](std::string& to, std::uint32_t number, int bytes) {
    for (int i = 0; i < bytes; ++i, number >>= 8U)
      to += static_cast<char>(number & 0xFFU);
  };
  const auto& text = answer.body;
  const auto size = static_cast<std::uint32_t>(text.size());
  std::uint32_t crc = 0xFFFFFFFFU;
  for (const char c : text) {
    crc ^= static_cast<unsigned char>(c);
    for (int bit = 0; bit < 8; ++bit)
      crc = (crc & 1U) != 0 ? crc >> 1U ^ 0xEDB88320U : crc >> 1U;
  }
  std::string packed{"\x1f\x8b\x08\0\0\0\0\0\0\x03\x01", 11};
  append(packed, size, 2);
  append(packed, ~size, 2);
  packed += text;
  append(packed, ~crc, 4);
  append(packed, size, 4);
  answer.body = std::move(packed);
  answer.headers.push_back({"Content-Encoding", "gzip"});
  return answer;
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

namespace {

bool is_name(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
         || (c >= '0' && c <= '9') || c == '_';
}

/// What Telegram finds in text by itself: `@name`, `/command`, `name.py`.
void find_entities(std::string_view text, std::vector<std::string>& found) {
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (at > 0
        && (is_name(text[at - 1]) || (text[at] == '/' && text[at - 1] == '/')))
      continue;
    const bool marked = text[at] == '@' || text[at] == '/';
    auto end = marked ? at + 1 : at;
    std::size_t dots = 0;
    while (end < text.size()
           && (is_name(text[end])
               || (!marked && text[end] == '.' && end > at
                   && end + 1 < text.size() && is_name(text[end + 1])))) {
      dots += text[end] == '.' ? 1U : 0U;
      ++end;
    }
    if ((marked && end > at + 1) || dots > 0)
      found.emplace_back(text.substr(at, end - at));
    at = std::max(at, end == at ? at : end - 1);
  }
}

/// The place and length of the next block of code, with its fences.
struct block_place {
  std::size_t from = std::string_view::npos;
  std::size_t to = 0;
  std::string_view inside;
};

block_place next_block(std::string_view text) {
  for (std::size_t line = 0; line < text.size();) {
    const auto end = std::min(text.find('\n', line), text.size());
    const auto fence = text.substr(line, end - line);
    const auto marks = std::min(fence.find_first_not_of('`'), fence.size());
    if (marks >= 3 && fence.find('`', marks) == std::string_view::npos) {
      for (auto next = end + 1; next < text.size();) {
        const auto stop = std::min(text.find('\n', next), text.size());
        const auto close = text.substr(next, stop - next);
        const auto closing =
            std::min(close.find_first_not_of('`'), close.size());
        if (closing >= marks
            && close.find_first_not_of(" ", closing) == std::string_view::npos)
          return {line, stop, text.substr(end + 1, next - end - 1)};
        next = stop + 1;
      }
      return {};
    }
    line = end + 1;
  }
  return {};
}

} // namespace

std::string code_of_markdown(std::string_view text) {
  auto code = next_block(text).inside;
  if (code.ends_with('\n'))
    code.remove_suffix(1);
  return std::string{code};
}

std::string outside_code(std::string_view text) {
  std::string result;
  for (auto block = next_block(text); block.from != std::string_view::npos;
       block = next_block(text)) {
    result += text.substr(0, block.from);
    text.remove_prefix(block.to);
  }
  return result.append(text);
}

std::string plain_entities(std::string_view text) {
  const auto read = text_of_html(text);
  return read ? read->text : std::string{text};
}

std::optional<html_text> text_of_html(std::string_view html) {
  html_text result;
  std::vector<std::string_view> open;
  std::size_t looked = 0; // at the text up to here for what is found in it
  const auto in_code = [&] {
    return std::ranges::find(open, "pre") != open.end()
           || std::ranges::find(open, "code") != open.end();
  };
  const auto look = [&] {
    const auto part = std::string_view{result.text}.substr(looked);
    if (in_code())
      result.code += part;
    else
      find_entities(part, result.found);
    looked = result.text.size();
  };
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
    look();
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
      const auto goal = address ? address->text : std::string{};
      const auto host = goal.substr(std::min(goal.find("//"), goal.size()));
      result.link = host.find('.') < host.find('/', 2) ? goal : std::string{};
      tag = "a";
    } else if (std::ranges::find(telegram_tags, tag) == telegram_tags.end()) {
      return std::nullopt;
    }
    open.push_back(tag);
  }
  if (!open.empty())
    return std::nullopt;
  look();
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
