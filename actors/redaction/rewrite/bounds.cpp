#include "actors/redaction/rewrite/bounds.hpp"

#include <algorithm>

#include "actors/redaction/rewrite/placeholder.hpp"
#include "actors/redaction/text/characters.hpp"
#include "text/utf8.hpp"

namespace telltale::redact {

namespace {

constexpr std::size_t largest_input = 1U << 20U;
constexpr std::size_t kept_input = 256U << 10U;

/// The placeholder that holds `at` inside, as a stretch; empty if none does.
stretch around(std::string_view text, std::size_t at) {
  const auto floor = at > 64 ? at - 64 : 0;
  for (auto i = at; i > floor; --i)
    if (text[i - 1] == '[') {
      const auto n = placeholder_length(text, i - 1);
      if (n != 0 && i - 1 + n > at)
        return {i - 1, i - 1 + n};
    }
  return {at, at};
}

/// Where to end a head of at most `at` bytes.
std::size_t end_head(std::string_view text, std::size_t at) {
  while (at > 0 && at < text.size() && text::is_continuation(text[at]))
    --at;
  at = around(text, at).begin;
  const auto near = at > at / 8 + 1 ? at - at / 8 - 1 : 0;
  const auto line = text.substr(0, at).rfind('\n');
  return line != std::string_view::npos && line >= near && line != 0 ? line
                                                                     : at;
}

/// Where to begin a tail that must not begin before `at`.
std::size_t begin_tail(std::string_view text, std::size_t at) {
  while (at < text.size() && text::is_continuation(text[at]))
    ++at;
  at = around(text, at).end;
  const auto near = at + (text.size() - at) / 8;
  const auto line = text.find('\n', at);
  return line != std::string_view::npos && line < near ? line + 1 : at;
}

std::string omission(std::string_view omitted) {
  const auto lines = count_of(omitted, '\n');
  return "\xe2\x80\xa6 [" + grouped(omitted.size()) + " bytes, "
         + grouped(lines) + " lines omitted] \xe2\x80\xa6";
}

} // namespace

std::string grouped(std::size_t n) {
  auto out = std::to_string(n);
  for (auto at = out.size(); at > 3;) {
    at -= 3;
    out.insert(at, 1, ',');
  }
  return out;
}

bool bound::holds(std::string_view text) const noexcept {
  return text.size() <= most
         || (characters && text.size() <= most * 4
             && text::count_characters(text) <= most);
}

std::string cut_middle(std::string_view text, bound limit) {
  if (limit.holds(text))
    return std::string{text};
  // Room for the words between the parts, with their line ends.
  constexpr std::size_t room = 64;
  const auto spare = limit.most > 2 * room ? limit.most - room : limit.most / 2;
  auto head = spare * 6 / 10;
  auto tail = spare - head;
  if (limit.characters) {
    head = text::first_characters(text, head).size();
    tail = text::last_characters(text, tail).size();
  }
  const auto first = end_head(text, head);
  const auto last = std::max(
      first, begin_tail(text, text.size() - std::min(tail, text.size())));
  const auto omitted = text.substr(first, last - first);
  std::string out{text.substr(0, first)};
  const bool own_line =
      !out.empty() && first < text.size() && text[first] == '\n';
  if (!out.empty())
    out.push_back(own_line ? '\n' : ' ');
  out += omission(omitted);
  if (last < text.size())
    out.push_back(last > 0 && text[last - 1] == '\n' ? '\n' : ' ');
  out.append(text.substr(last));
  if (limit.holds(out))
    return out;
  // The bound is too small for both: a bare cut.
  constexpr std::string_view mark = "\xe2\x80\xa6";
  const auto most = limit.characters
                        ? text::first_characters(text, limit.most - 1).size()
                        : limit.most - mark.size();
  return std::string{text.substr(0, end_head(text, most))}.append(mark);
}

std::string_view bound_input(std::string_view text, std::string& keep) {
  if (text.size() <= largest_input)
    return text;
  // Half a secret is none that could be found: cut where none goes on.
  auto first = text.substr(0, kept_input).rfind('\n');
  if (first == std::string_view::npos || first < kept_input / 2) {
    first = kept_input;
    while (first > kept_input / 2 && !is(text[first - 1], glyph::space))
      --first;
  }
  auto last = text.find('\n', text.size() - kept_input);
  if (last == std::string_view::npos || last > text.size() - kept_input / 2) {
    last = text.size() - kept_input;
    while (last < text.size() - kept_input / 2 && !is(text[last], glyph::space))
      ++last;
  }
  keep.assign(text.substr(0, first));
  keep.push_back('\n');
  keep += omission(text.substr(first, last - first));
  keep.push_back('\n');
  keep.append(text.substr(std::min(last + 1, text.size())));
  return keep;
}

} // namespace telltale::redact
