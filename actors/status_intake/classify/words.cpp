#include "actors/status_intake/classify/words.hpp"

#include <algorithm>
#include <array>
#include <deque>
#include <string>

#include "actors/status_intake/classify/phrase_scanner.hpp"
#include "text/ascii.hpp"

namespace telltale {

namespace {

using text::is_letter;
using text::is_upper;
using text::lower;

using namespace std::string_view_literals;

bool is_word_char(char c) {
  return is_letter(c) || (c >= '0' && c <= '9');
}

/// A phrase as it is looked for: as it is written, or as one word.
struct pattern {
  std::string_view text;
  std::uint16_t row;
  bool squeezed;
};

struct patterns {
  std::deque<std::string> squeezed; ///< what `all` refers to
  std::vector<pattern> all;
};

/// Shorter phrases are no names when they are written as one word.
constexpr std::size_t least_squeezed = 9;

patterns make_patterns() {
  patterns out;
  const auto rows = phrases();
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const auto& row = rows[i];
    const auto index = static_cast<std::uint16_t>(i);
    out.all.push_back({row.text, index, false});
    if (row.how == proof::cue || row.how == proof::status
        || row.text.find(' ') == row.text.npos
        || !std::all_of(row.text.begin(), row.text.end(),
                        [](char c) { return is_letter(c) || c == ' '; }))
      continue;
    std::string one;
    std::copy_if(row.text.begin(), row.text.end(), std::back_inserter(one),
                 [](char c) { return c != ' '; });
    if (one.size() < least_squeezed)
      continue;
    out.squeezed.push_back(std::move(one));
    out.all.push_back({out.squeezed.back(), index, true});
  }
  return out;
}

struct vocabulary {
  patterns known = make_patterns();
  phrase_scanner scanner{texts_of(known)};

  static std::vector<std::string_view> texts_of(const patterns& known) {
    std::vector<std::string_view> out;
    out.reserve(known.all.size());
    for (const auto& each : known.all)
      out.push_back(each.text);
    return out;
  }
};

const vocabulary& words() {
  static const vocabulary built;
  return built;
}

/// Do the letters around an occurrence let it count?
bool is_bounded(std::string_view text, const pattern& what, edges stands,
                std::size_t begin) {
  if (stands == edges::part)
    return true;
  if (begin > 0 && is_word_char(what.text.front())
      && is_word_char(text[begin - 1]))
    return false;
  const auto end = begin + what.text.size();
  return stands != edges::whole || end >= text.size()
         || !is_word_char(what.text.back()) || !is_word_char(text[end]);
}

/// The longest name that is looked at; keeps the whole scan linear.
constexpr std::size_t reach = 80;

bool is_name_char(char c) {
  return is_word_char(c) || "_./\\-"sv.find(c) != std::string_view::npos;
}

/// The name that an occurrence is a part of.
std::string_view name_around(std::string_view text, std::size_t begin,
                             std::size_t end) {
  auto from = begin;
  while (from > 0 && begin - from < reach && is_name_char(text[from - 1]))
    --from;
  auto to = end;
  while (to < text.size() && to - end < reach && is_name_char(text[to]))
    ++to;
  while (to > end && ".-\\"sv.find(text[to - 1]) != std::string_view::npos)
    --to;
  return text.substr(from, to - from);
}

/// `error`, `exceeded`, …: with what the name of an error ends.
bool ends_like_error(std::string_view name) {
  static constexpr std::array ends{
      "error"sv,        "errors"sv,      "exception"sv, "exceeded"sv,
      "reached"sv,      "limit"sv,       "limited"sv,   "failed"sv,
      "failure"sv,      "denied"sv,      "quota"sv,     "exhausted"sv,
      "timeout"sv,      "unavailable"sv, "required"sv,  "invalid"sv,
      "expired"sv,      "found"sv,       "refused"sv,   "reset"sv,
      "overloaded"sv,   "unsupported"sv, "key"sv,       "turns"sv,
      "credits"sv,      "large"sv,       "balance"sv,   "active"sv,
      "iterations"sv,   "parameter"sv,   "request"sv,   "argument"sv,
      "unauthorized"sv, "parameters"sv,  "busy"sv,      "syscall"sv,
      "again"sv,        "resolved"sv,    "changed"sv,   "disconnected"sv};
  std::string low;
  for (const char c :
       name.substr(name.size() - std::min<std::size_t>(name.size(), 16)))
    low.push_back(lower(c));
  return std::any_of(ends.begin(), ends.end(), [&](auto each) {
    return std::string_view{low}.ends_with(each);
  });
}

/// `src/limits.ts`, `main.go:12`: a dot, then a few small letters, then the
/// end.
bool is_file(std::string_view name) {
  const auto dot = name.rfind('.');
  if (dot == name.npos || dot == 0 || name.size() - dot > 6
      || name.size() - dot < 2)
    return false;
  return std::all_of(name.begin() + static_cast<std::ptrdiff_t>(dot) + 1,
                     name.end(), [](char c) { return c >= 'a' && c <= 'z'; });
}

/// Is the occurrence part of a name that says nothing about what happened?
bool is_in_name(std::string_view text, const pattern& what, std::size_t begin) {
  const auto end = begin + what.text.size();
  const auto name = name_around(text, begin, end);
  if (name.size() == end - begin) // the name itself, or several words
    return end < text.size() && text[end] == '(' && name.find(' ') == name.npos
           && name.find('_') != name.npos;
  if (what.text.find_first_of("./`'\"(:$") != what.text.npos)
    return false;
  if (name.find_first_of("/\\") != name.npos || is_file(name))
    return true;
  const bool under = name.find('_') != name.npos;
  if (!under && !what.squeezed)
    return false; // `rate-limited`, `refused.`
  const auto from = static_cast<std::size_t>(name.data() - text.data());
  const bool test =
      name.starts_with("test") || name.starts_with("Test")
      || (under && from > 1 && text[from - 1] == ':' && text[from - 2] == ':'
          && std::none_of(name.begin(), name.end(), is_upper));
  return test || !ends_like_error(name);
}

/// Paths and files prove nothing by their names.
bool is_in_path(std::string_view text, const phrase& row, std::size_t begin) {
  if (row.text.find_first_of("./:") != row.text.npos)
    return false;
  const auto name = name_around(text, begin, begin + row.text.size());
  return name.find_first_of("/\\") != name.npos || is_file(name);
}

/// Does the text go on with one of these words after `end`?
template <class... T>
bool goes_on_with(std::string_view text, std::size_t end, T... words) {
  const auto rest = text.substr(std::min(end, text.size()));
  return (rest.starts_with(words) || ...);
}

/// A word of many meanings, where it has another one.
bool is_meant(std::string_view text, const pattern& what, std::size_t begin) {
  const auto end = begin + what.text.size();
  if (what.text.back() == ' ')
    return text[end - 1] == ' ';
  if (what.text.starts_with("quota"sv))
    return begin < 5
           || (text.substr(begin - 4, 3) != "isk"sv
               && text.substr(begin - 4, 3) != "ISK"sv);
  if (what.text == "overloaded"sv)
    return !goes_on_with(text, end, " function"sv, " method"sv, " operator"sv,
                         " member"sv, " constructor"sv, " call"sv);
  return true;
}

} // namespace

std::vector<phrase_hit> find_phrases(std::string_view text) {
  const auto& known = words();
  const auto rows = phrases();
  std::vector<phrase_hit> out;
  known.scanner.scan(text, [&](std::size_t index, std::size_t begin) {
    const auto& what = known.known.all[index];
    const auto& row = rows[what.row];
    if (!is_bounded(text, what, what.squeezed ? edges::part : row.stands, begin)
        || !is_meant(text, what, begin))
      return true;
    const bool ascii = static_cast<unsigned char>(row.text.front()) < 0x80;
    if (ascii
        && (row.how == proof::cue ? is_in_path(text, row, begin)
                                  : is_in_name(text, what, begin)))
      return true;
    // The name of a status is one word.
    if (row.how == proof::status
        && text.substr(begin, what.text.size()).find(' ') != text.npos)
      return true;
    out.push_back({&row, begin, begin + what.text.size()});
    return true;
  });
  return out;
}

} // namespace telltale
