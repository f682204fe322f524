#include "actors/status_intake/classify/plain_text.hpp"

#include <algorithm>
#include <array>
#include <cstdint>

#include "text/ascii.hpp"

namespace telltale {

namespace {

using text::is_digit;

using namespace std::string_view_literals;

constexpr char escape = '\x1b';

/// Bytes that may begin something to take out or to replace.
constexpr auto make_special() {
  std::array<bool, 256> out{};
  for (std::size_t c = 0; c < 0x20; ++c)
    out[c] = c != '\n' && c != '\t';
  out[0x7f] = true;
  for (const auto c : {'\xc2', '\xe2', '\xef', '['})
    out[static_cast<unsigned char>(c)] = true;
  return out;
}
constexpr auto special = make_special();

/// The longest sequence of parameters that is looked at; keeps this linear.
constexpr std::size_t longest = 64;

/// Where the sequence that begins with an escape character at `at` ends.
std::size_t end_of_escape(std::string_view text, std::size_t at) {
  auto end = at + 1;
  if (end >= text.size())
    return end;
  const char kind = text[end++];
  if (kind == '[') {
    const auto last = std::min(text.size(), end + longest);
    while (end < last && text[end] >= 0x20 && text[end] < 0x40)
      ++end;
    return std::min(end + 1, text.size());
  }
  if (kind == ']' || kind == 'P' || kind == '_' || kind == '^') {
    const auto last = std::min(text.size(), end + 4 * longest);
    for (auto i = end; i < last && text[i] != '\n'; ++i) {
      if (text[i] == '\a')
        return i + 1;
      if (text[i] == escape)
        return std::min(i + 2, text.size());
    }
    return end;
  }
  return kind == '(' || kind == ')' ? std::min(end + 1, text.size()) : end;
}

/// The end of a colour whose escape character somebody took out (`[31m`), or
/// `at` itself.
std::size_t end_of_bare_colour(std::string_view text, std::size_t at) {
  auto end = at + 1;
  const auto last = std::min(text.size(), end + 16);
  while (end < last && (is_digit(text[end]) || text[end] == ';'))
    ++end;
  const bool named = end > at + 1 && end < text.size()
                     && (text[end] == 'm' || text[end] == 'K');
  return named ? end + 1 : at;
}

/// Takes characters out of a text, one at a time, in order.
class plain_writer {
public:
  explicit plain_writer(std::string_view text) : text_(text) {
    out_.reserve(text.size());
  }

  std::string write() && {
    for (std::size_t at = 0; at < text_.size();) {
      auto end = at;
      while (end < text_.size()
             && !special[static_cast<unsigned char>(text_[end])])
        ++end;
      out_.append(text_, at, end - at);
      at = end < text_.size() ? step(end) : end;
    }
    return std::move(out_);
  }

private:
  /// Handles what begins at `at`; gives what follows it.
  std::size_t step(std::size_t at) {
    const char c = text_[at];
    if (c == escape)
      return end_of_escape(text_, at);
    if (c == '\r')
      return carriage_return(at);
    if (c == '\b') {
      if (!out_.empty() && out_.back() != '\n')
        out_.pop_back();
      return at + 1;
    }
    if (c == '[') {
      const auto end = end_of_bare_colour(text_, at);
      if (end == at)
        out_.push_back(c);
      return std::max(end, at + 1);
    }
    if (static_cast<unsigned char>(c) < 0x80)
      return at + 1; // a control character
    return wide(at);
  }

  /// What stood on the line is overwritten, unless nothing follows.
  std::size_t carriage_return(std::size_t at) {
    auto next = at + 1;
    while (next < text_.size() && text_[next] == '\r')
      ++next;
    if (next == text_.size() || text_[next] == '\n')
      return next;
    const auto line = out_.rfind('\n');
    out_.resize(line == std::string::npos ? 0 : line + 1);
    return next;
  }

  /// A character of two or three bytes of which some are replaced.
  std::size_t wide(std::size_t at) {
    const auto rest = text_.substr(at, 3);
    if (rest.starts_with("\xc2\xa0"sv)) {
      out_.push_back(' ');
      return at + 2;
    }
    if (rest.size() < 3 || rest[0] == '\xc2') {
      out_.push_back(rest[0]);
      return at + 1;
    }
    const auto second = static_cast<unsigned char>(rest[1]);
    const auto third = static_cast<unsigned char>(rest[2]);
    if (rest[0] == '\xe2' && second == 0x80) {
      if (third >= 0x8b && third <= 0x8f) // no width
        return at + 3;
      if (third == 0x98 || third == 0x99)
        return put('\'', at);
      if (third == 0x9c || third == 0x9d)
        return put('"', at);
    }
    // Frames and bars (U+2500 to U+259F), spinners (U+2800 to U+28FF).
    if (rest[0] == '\xe2'
        && ((second >= 0x94 && second <= 0x96
             && (second != 0x96 || third <= 0x9f))
            || (second >= 0xa0 && second <= 0xa3)))
      return put(' ', at);
    if (rest == "\xef\xbb\xbf"sv) // a byte order mark
      return at + 3;
    if (rest == "\xef\xbc\x9a"sv) // a full-width colon
      return put(':', at);
    out_.append(rest);
    return at + 3;
  }

  std::size_t put(char c, std::size_t at) {
    out_.push_back(c);
    return at + 3;
  }

  std::string_view text_;
  std::string out_;
};

} // namespace

std::string plain_text(std::string_view text) {
  return plain_writer{text}.write();
}

} // namespace telltale
