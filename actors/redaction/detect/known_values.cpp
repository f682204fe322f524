#include "actors/redaction/detect/known_values.hpp"

#include <algorithm>
#include <cstring>

#include "actors/redaction/text/characters.hpp"
#include "text/base64.hpp"
#include "text/hex.hpp"

namespace telltale::redact {

namespace {

std::uint64_t head_of(const char* at) {
  std::uint64_t out = 0;
  std::memcpy(&out, at, sizeof(out));
  return out;
}

std::size_t slot_of(std::uint64_t head) {
  return static_cast<std::size_t>((head * 0x9e3779b97f4a7c15ULL) >> 50U);
}

/// How many bytes two texts begin with in common; `b` is no shorter.
std::size_t alike_from(std::string_view a, std::string_view b) {
  std::size_t i = 0;
  while (i + 8 <= a.size() && head_of(a.data() + i) == head_of(b.data() + i))
    i += 8;
  while (i < a.size() && a[i] == b[i])
    ++i;
  return i;
}

/// Writes each byte by `spell`.
template <class Spell>
std::string spelled(std::string_view value, Spell spell) {
  std::string out;
  for (const char c : value)
    spell(out, c);
  return out;
}

/// Base64 of the value at one of three offsets, without the characters at both
/// ends that depend on its neighbours.
std::string base64(std::string_view value, std::size_t offset, bool url_safe) {
  std::string bytes(offset, '\0');
  bytes.append(value);
  const auto whole =
      url_safe ? text::encode_base64url(bytes) : text::encode_base64(bytes);
  const auto first = (offset * 8 + 5) / 6; // six bits a character
  return whole.substr(first, bytes.size() * 8 / 6 - first);
}

} // namespace

void value_finder::add(std::string value, std::uint32_t owner) {
  if (value.size() < least)
    return;
  const auto head = head_of(value.data());
  auto& bucket = by_head_[head];
  for (const auto i : bucket)
    if (values_[i].text == value)
      return;
  seen_.set(slot_of(head));
  bucket.push_back(static_cast<std::uint32_t>(values_.size()));
  values_.push_back({std::move(value), owner});
  std::sort(bucket.begin(), bucket.end(), [this](auto a, auto b) {
    return values_[a].text.size() > values_[b].text.size();
  });
}

void value_finder::find(std::string_view text, std::vector<hit>& out) const {
  if (values_.empty())
    return;
  auto credit = text.size() * 16 + 65'536; // bytes to compare
  for (std::size_t i = 0; i + least <= text.size(); ++i) {
    const auto head = head_of(text.data() + i);
    if (!seen_.test(slot_of(head)))
      continue;
    const auto bucket = by_head_.find(head);
    if (bucket == by_head_.end())
      continue;
    for (const auto k : bucket->second) {
      const auto& v = values_[k];
      const auto alike = alike_from(text.substr(i, v.text.size()), v.text);
      if (alike > credit) {
        out.push_back({i, text.size(), v.owner});
        return;
      }
      credit -= alike;
      if (alike == v.text.size()) {
        // A value that repeats itself overlaps itself: one place.
        if (!out.empty() && out.back().owner == v.owner && out.back().begin <= i
            && i < out.back().end)
          out.back().end = std::max(out.back().end, i + alike);
        else
          out.push_back({i, i + alike, v.owner});
        break;
      }
    }
  }
}

std::vector<std::string> spellings(std::string_view value) {
  std::vector<std::string> out;
  const auto add = [&](std::string text) {
    if (text.size() >= value_finder::least
        && std::find(out.begin(), out.end(), text) == out.end())
      out.push_back(std::move(text));
  };
  add(std::string{value});
  const auto json = [](bool slashes) {
    return [slashes](std::string& to, char c) {
      switch (c) {
      case '"':
        to += "\\\"";
        break;
      case '\\':
        to += "\\\\";
        break;
      case '\n':
        to += "\\n";
        break;
      case '\r':
        to += "\\r";
        break;
      case '\t':
        to += "\\t";
        break;
      case '/':
        to += slashes ? "\\/" : "/";
        break;
      default:
        to.push_back(c);
      }
    };
  };
  add(spelled(value, json(false)));
  add(spelled(value, json(true)));
  // Once more, as in a log line that quotes a JSON text.
  add(spelled(spelled(value, json(false)), json(false)));
  for (const auto letters : {text::hex_case::lower, text::hex_case::upper}) {
    add(spelled(value, [&](std::string& to, char c) {
      text::append_hex(to, static_cast<unsigned char>(c), letters);
    }));
    add(spelled(value, [&](std::string& to, char c) {
      to += "\\u00";
      text::append_hex(to, static_cast<unsigned char>(c), letters);
    }));
    add(spelled(value, [&](std::string& to, char c) {
      to += "\\x";
      text::append_hex(to, static_cast<unsigned char>(c), letters);
    }));
    // All but unreserved; all but letters and digits; every byte.
    for (const std::string_view keep :
         {"-._~", "", "-._~!*'()/:@$&+,;=", "-_./~*'()!"})
      add(spelled(value, [&](std::string& to, char c) {
        if (is(c, glyph::alnum) || keep.find(c) != std::string_view::npos) {
          to.push_back(c);
        } else {
          to.push_back('%');
          text::append_hex(to, static_cast<unsigned char>(c), letters);
        }
      }));
    add(spelled(value, [&](std::string& to, char c) {
      if (c == ' ') {
        to.push_back('+');
      } else if (is(c, glyph::alnum) || c == '-' || c == '.' || c == '_'
                 || c == '*') {
        to.push_back(c);
      } else {
        to.push_back('%');
        text::append_hex(to, static_cast<unsigned char>(c), letters);
      }
    }));
    add(spelled(value, [&](std::string& to, char c) {
      to.push_back('%');
      text::append_hex(to, static_cast<unsigned char>(c), letters);
    }));
    // JSON that escapes what HTML minds.
    add(spelled(value, [&](std::string& to, char c) {
      if (c == '<' || c == '>' || c == '&' || c == '\'' || c == '='
          || c == '+') {
        to += "\\u00";
        text::append_hex(to, static_cast<unsigned char>(c), letters);
      } else if (c == '"' || c == '\\') {
        to.push_back('\\');
        to.push_back(c);
      } else {
        to.push_back(c);
      }
    }));
  }
  for (const std::string_view apostrophe : {"&#39;", "&#x27;", "&apos;"})
    for (const std::string_view quote : {"&quot;", "&#34;"})
      add(spelled(value, [&](std::string& to, char c) {
        switch (c) {
        case '&':
          to += "&amp;";
          break;
        case '<':
          to += "&lt;";
          break;
        case '>':
          to += "&gt;";
          break;
        case '"':
          to += quote;
          break;
        case '\'':
          to += apostrophe;
          break;
        default:
          to.push_back(c);
        }
      }));
  // Shells: in single quotes, and with backslashes.
  add(spelled(value, [](std::string& to, char c) {
    if (c == '\'')
      to += "'\\''";
    else
      to.push_back(c);
  }));
  add(spelled(value, [](std::string& to, char c) {
    if (!is(c, glyph::alnum) && c != '_' && c != '-' && c != '.' && c != '/'
        && c != ':' && c != '@' && c != '%' && c != '+' && c != '=' && c != ',')
      to.push_back('\\');
    to.push_back(c);
  }));
  for (std::size_t offset = 0; offset < 3; ++offset)
    for (const bool url_safe : {false, true})
      add(base64(value, offset, url_safe));
  return out;
}

void add_spellings(value_finder& finder, std::string_view value,
                   std::uint32_t owner) {
  for (auto& spelling : spellings(value))
    finder.add(std::move(spelling), owner);
}

bool is_fit_to_register(std::string_view value) noexcept {
  if (value.size() < value_finder::least)
    return false;
  if (value.find_first_not_of(value.front()) == std::string_view::npos)
    return false;
  static constexpr std::string_view common[] = {
      "password", "localhost", "undefined",  "username", "telltale",
      "changeme", "developer", "production", "postgres", "12345678"};
  return std::none_of(std::begin(common), std::end(common),
                      [&](auto word) { return equals_lowered(value, word); });
}

} // namespace telltale::redact
