#include "actors/relay/text/markup.hpp"

#include <algorithm>
#include <cctype>

namespace telltale {

namespace {

/// Invisible, forbids nothing but being read as one word with its neighbours.
constexpr std::string_view word_joiner = "\xE2\x81\xA0";

bool is_word(char c) noexcept {
  const auto byte = static_cast<unsigned char>(c);
  return byte >= 0x80U || std::isalnum(byte) != 0 || c == '_';
}

char at_or(std::string_view text, std::size_t at, char otherwise = ' ') {
  return at < text.size() ? text[at] : otherwise;
}

/// An `@` that a chat could read as a mention: not within a word, as it is in
/// an address of mail, and with a name after it.
bool begins_mention(std::string_view text, std::size_t at) {
  return text[at] == '@' && is_word(at_or(text, at + 1))
         && (at == 0 || !is_word(text[at - 1]));
}

bool line_begins_with_bracket(std::string_view text, std::size_t at) {
  const auto end_of_last = text.substr(0, at).rfind('\n');
  const auto from = end_of_last == std::string_view::npos ? 0 : end_of_last + 1;
  const auto first = text.find_first_not_of(" \t>", from);
  return first < at && text[first] == '[';
}

/// The `]` of `[x](y)`, `[x][y]`, or of a line `[x]: y`.
bool closes_link_text(std::string_view text, std::size_t at) {
  if (text[at] != ']')
    return false;
  const char next = at_or(text, at + 1);
  return next == '(' || next == '['
         || (next == ':' && line_begins_with_bracket(text, at));
}

bool begins_tag(std::string_view text, std::size_t at) {
  const char next = at_or(text, at + 1);
  return text[at] == '<'
         && (is_word(next) || next == '/' || next == '!' || next == '?');
}

/// Three or more of them would swallow what follows as code.
bool begins_fence(std::string_view text, std::size_t at) {
  const char c = text[at];
  return (c == '`' || c == '~') && (at == 0 || text[at - 1] != c)
         && text.substr(at).starts_with(std::string(3, c));
}

/// The first mark of a line `# x`, or of a line of `=` or `-` alone, which
/// makes the line above it a heading.
bool begins_heading(std::string_view text, std::size_t at) {
  const char mark = text[at];
  if (mark != '#' && mark != '=' && mark != '-')
    return false;
  const auto before = text.substr(0, at);
  const auto indent = before.size() - (before.find_last_not_of(' ') + 1);
  if (indent > 3
      || (indent < before.size() && before[before.size() - indent - 1] != '\n'))
    return false;
  const auto line = text.substr(at, text.substr(at).find('\n'));
  const auto marks = std::min(line.find_first_not_of(mark), line.size());
  if (mark == '#')
    return marks <= 6
           && (marks == line.size() || line[marks] == ' '
               || line[marks] == '\t');
  return line.find_first_not_of(" \t\r", marks) == std::string_view::npos;
}

} // namespace

std::string escape_markdown(std::string_view text) {
  std::string result;
  result.reserve(text.size() + 16);
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (begins_tag(text, i)) {
      result += "\\<";
    } else if (begins_fence(text, i)) {
      const char c = text[i];
      for (; i < text.size() && text[i] == c; ++i) {
        result += '\\';
        result += c;
      }
      --i;
    } else if (closes_link_text(text, i)) {
      result += "]\\";
    } else if (begins_mention(text, i)) {
      result += '@';
      result += word_joiner;
    } else {
      if (begins_heading(text, i))
        result += '\\';
      result += text[i];
    }
  }
  return result;
}

std::string escape_lark_markdown(std::string_view text) {
  std::string result;
  result.reserve(text.size() + 16);
  for (std::size_t i = 0; i < text.size(); ++i) {
    switch (text[i]) {
    case '<':
      result += "&#60;";
      break;
    case '>':
      result += "&#62;";
      break;
    case '&':
      result += "&#38;";
      break;
    case '*':
      result += "&#42;";
      break;
    case '~':
      result += "&#126;";
      break;
    case '`':
      result += "&#96;";
      break;
    case ']':
      result += closes_link_text(text, i) ? "&#93;" : "]";
      break;
    case '@':
      result += '@';
      if (begins_mention(text, i))
        result += word_joiner;
      break;
    case '#':
    case '=':
    case '-':
      if (begins_heading(text, i))
        result += "&#" + std::to_string(int{text[i]}) + ';';
      else
        result += text[i];
      break;
    default:
      result += text[i];
    }
  }
  return result;
}

std::string escape_lark_text(std::string_view text) {
  std::string result;
  result.reserve(text.size() + 16);
  for (std::size_t i = 0; i < text.size(); ++i) {
    result += text[i];
    if (begins_tag(text, i) || begins_mention(text, i))
      result += word_joiner;
  }
  return result;
}

std::string escape_slack(std::string_view text) {
  std::string result;
  result.reserve(text.size() + 16);
  for (const char c : text) {
    if (c == '&')
      result += "&amp;";
    else if (c == '<')
      result += "&lt;";
    else if (c == '>')
      result += "&gt;";
    else
      result += c;
  }
  return result;
}

std::string escape_wecom_markdown(std::string_view text) {
  std::string result;
  result.reserve(text.size() + 16);
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (begins_heading(text, i))
      result += word_joiner;
    result += text[i];
    if (text[i] == '<' || closes_link_text(text, i) || begins_mention(text, i)
        || begins_fence(text, i))
      result += word_joiner;
  }
  return result;
}

std::string escape_discord(std::string_view text) {
  static constexpr std::string_view marks = "\\*_~`|<>[]()#";
  std::string result;
  result.reserve(text.size() + 16);
  for (const char c : unmentioned(text)) {
    if (marks.find(c) != std::string_view::npos)
      result += '\\';
    result += c;
  }
  return result;
}

std::string escape_html(std::string_view text) {
  std::string result;
  result.reserve(text.size() + 16);
  for (const char c : escape_slack(text)) {
    if (c == '"')
      result += "&quot;";
    else
      result += c;
  }
  return result;
}

std::string unmentioned(std::string_view text) {
  std::string result;
  result.reserve(text.size() + 16);
  for (std::size_t i = 0; i < text.size(); ++i) {
    result += text[i];
    if (begins_mention(text, i))
      result += word_joiner;
  }
  return result;
}

std::string escape_telegram(std::string_view text) {
  return escape_html(unmentioned(text));
}

std::string fenced(std::string_view text) {
  std::size_t longest = 0;
  std::size_t run = 0;
  for (const char c : text) {
    run = c == '`' ? run + 1 : 0;
    longest = std::max(longest, run);
  }
  const std::string fence(std::max<std::size_t>(3, longest + 1), '`');
  std::string result = fence + '\n';
  result += text;
  if (!text.ends_with('\n'))
    result += '\n';
  return result + fence;
}

bool has_public_host(std::string_view url) noexcept {
  const auto from = url.find("://");
  if (from == std::string_view::npos)
    return false;
  const auto host = url.substr(from + 3);
  const auto end = host.find_first_of("/:?#");
  return host.starts_with('[') || host.substr(0, end).find('.') != host.npos;
}

bool is_plain_link(std::string_view url) noexcept {
  if (!url.starts_with("http://") && !url.starts_with("https://"))
    return false;
  return url.size() <= 2048 && std::ranges::all_of(url, [](char c) {
           const auto byte = static_cast<unsigned char>(c);
           return byte > 0x20U && byte < 0x7FU
                  && std::string_view{"\"'`<>()[]{}|\\^"}.find(c)
                         == std::string_view::npos;
         });
}

} // namespace telltale
