#include "actors/status_intake/classify/status_codes.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>

#include "text/ascii.hpp"

namespace telltale {

namespace {

using text::is_blank;
using text::is_digit;
using text::is_letter;
using text::is_one_of;
using text::lowered;

using namespace std::string_view_literals;

/// The longest word, or gap, that is looked at; keeps the whole scan linear.
constexpr std::size_t reach = 24;

/// The word that ends before `end`, skipping what stands between a name and its
/// value; `end` moves to the word's begin. Stays on its line.
std::string word_before(std::string_view text, std::size_t& end) {
  const auto is_gap = [](char c) {
    return is_blank(c) || ":=\"'`([<"sv.find(c) != std::string_view::npos;
  };
  const auto in_word = [](char c) {
    return is_letter(c) || is_digit(c)
           || "_-./"sv.find(c) != std::string_view::npos;
  };
  std::size_t skipped = 0;
  while (end > 0 && is_gap(text[end - 1]) && skipped++ < reach)
    --end;
  const auto last = end;
  while (end > 0 && in_word(text[end - 1]) && last - end < reach)
    --end;
  return lowered(text.substr(end, last - end));
}

/// The word that begins after `begin`, skipping blanks.
std::string word_after(std::string_view text, std::size_t begin) {
  std::size_t skipped = 0;
  while (begin < text.size() && is_blank(text[begin]) && skipped++ < reach)
    ++begin;
  auto end = begin;
  while (end < text.size() && is_letter(text[end]) && end - begin < reach)
    ++end;
  return lowered(text.substr(begin, end - begin));
}

/// Three digits that are a number of their own.
bool stands_alone(std::string_view text, std::size_t at) {
  if (at > 0) {
    const char before = text[at - 1];
    if (is_letter(before) || is_digit(before)
        || ".,_-#$/@+"sv.find(before) != std::string_view::npos)
      return false;
  }
  const auto end = at + 3;
  if (end == text.size())
    return true;
  const char after = text[end];
  if (is_letter(after) || is_digit(after)
      || "_%/+"sv.find(after) != std::string_view::npos)
    return false;
  const bool digit_follows = end + 1 < text.size() && is_digit(text[end + 1]);
  return !(digit_follows && ".,-:"sv.find(after) != std::string_view::npos);
}

/// Things that are counted or measured.
bool is_counted(std::string_view word) {
  static constexpr std::array words{
      "b"sv,        "bytes"sv,      "byte"sv,     "kb"sv,      "mb"sv,
      "gb"sv,       "kib"sv,        "mib"sv,      "ms"sv,      "s"sv,
      "sec"sv,      "seconds"sv,    "minutes"sv,  "times"sv,   "files"sv,
      "file"sv,     "lines"sv,      "line"sv,     "rows"sv,    "items"sv,
      "tests"sv,    "errors"sv,     "warnings"sv, "tokens"sv,  "requests"sv,
      "records"sv,  "results"sv,    "entries"sv,  "commits"sv, "changes"sv,
      "messages"sv, "characters"sv, "words"sv,    "pages"sv,   "objects"sv,
      "lints"sv,    "issues"sv,     "more"sv,     "of"sv,      "out"sv,
      "packages"sv, "modules"sv,    "failures"sv, "retries"sv, "attempts"sv};
  return is_one_of(word, words);
}

std::string_view phrase_of(unsigned code) {
  switch (code) {
  case 400:
    return "bad request";
  case 401:
    return "unauthorized";
  case 402:
    return "payment required";
  case 403:
    return "forbidden";
  case 404:
    return "not found";
  case 408:
    return "request timeout";
  case 429:
    return "too many requests";
  case 500:
    return "internal server error";
  case 501:
    return "not implemented";
  case 502:
    return "bad gateway";
  case 503:
    return "service unavailable";
  case 504:
    return "gateway time";
  case 529:
    return "overloaded";
  default:
    return {};
  }
}

bool phrase_follows(std::string_view text, std::size_t at, unsigned code) {
  const auto phrase = phrase_of(code);
  if (phrase.empty())
    return false;
  auto begin = at + 3;
  std::size_t skipped = 0;
  while (begin < text.size() && skipped++ < 4
         && " \t:-,(\"'"sv.find(text[begin]) != std::string_view::npos)
    ++begin;
  auto found = lowered(text.substr(begin, phrase.size()));
  std::replace(found.begin(), found.end(), '_', ' ');
  std::replace(found.begin(), found.end(), '-', ' ');
  return found == phrase;
}

/// The end of the text, of the line, or a mark that closes a statement.
bool is_closed(std::string_view text, std::size_t at) {
  auto end = at + 3;
  while (end < text.size() && is_blank(text[end]) && end < at + reach)
    ++end;
  return end == text.size()
         || "\r\n:;,.{)]}<"sv.find(text[end]) != std::string_view::npos;
}

/// Does the word after the number say that it was a status?
bool is_named(std::string_view text, std::size_t at) {
  static constexpr std::array words{"service"sv,  "server"sv, "gateway"sv,
                                    "upstream"sv, "error"sv,  "client"sv,
                                    "response"sv, "status"sv};
  return is_one_of(word_after(text, at + 3), words);
}

/// Does the word before the number say that a status follows?
bool is_announced(std::string_view text, std::size_t at) {
  static constexpr std::array names{
      "status"sv,      "code"sv,          "statuscode"sv,      "status_code"sv,
      "status-code"sv, "http_status"sv,   "httpstatus"sv,      "http-status"sv,
      "http_code"sv,   "httpcode"sv,      "error_code"sv,      "errorcode"sv,
      "err_code"sv,    "response_code"sv, "response_status"sv, "api_status"sv};
  static constexpr std::array exits{"exit"sv, "exited"sv, "return"sv,
                                    "process"sv, "exit-"sv};
  static constexpr std::array verbs{"returned"sv, "got"sv, "received"sv,
                                    "answered"sv, "replied"sv};
  static constexpr std::array failures{"responded"sv, "failed"sv, "answered"sv,
                                       "rejected"sv, "replied"sv};
  auto begin = at;
  const auto word = word_before(text, begin);
  if (word.empty())
    return false;
  if (word == "http" || word == "https" || word.starts_with("http/")
      || word == "response")
    return true;
  const auto counted = is_counted(word_after(text, at + 3));
  if (word == "error" || word == "err")
    return !counted;
  const auto dot = word.rfind('.');
  const auto name = dot == std::string::npos ? word : word.substr(dot + 1);
  if (is_one_of(name, names)) {
    const auto owner = word_before(text, begin);
    return !counted && !is_one_of(owner, exits);
  }
  if (word == "of") {
    const auto owner = word_before(text, begin);
    return !counted && (owner == "status" || owner == "code");
  }
  if (word == "with")
    return !counted && is_one_of(word_before(text, begin), failures);
  return is_one_of(word, verbs)
         && (is_closed(text, at) || word_after(text, at + 3) == "from");
}

/// Where the text begins to speak: after blanks and an `exit status 1: `.
std::size_t begin_of_speech(std::string_view text) {
  std::size_t at = 0;
  const auto skip_blanks = [&] {
    while (at < text.size()
           && " \t\r\n"sv.find(text[at]) != std::string_view::npos)
      ++at;
  };
  skip_blanks();
  const auto head = lowered(text.substr(at, 12));
  if (head.starts_with("exit status ") || head.starts_with("exit code ")) {
    auto end = at + (head.starts_with("exit status ") ? 12 : 10);
    while (end < text.size() && is_digit(text[end]) && end < at + reach)
      ++end;
    if (end < text.size() && text[end] == ':') {
      at = end + 1;
      skip_blanks();
    }
  }
  return at;
}

} // namespace

std::vector<spoken_status> find_statuses(std::string_view text) {
  std::vector<spoken_status> found;
  const auto start = begin_of_speech(text);
  for (std::size_t at = 0; at + 3 <= text.size(); ++at) {
    if ((text[at] != '4' && text[at] != '5') || !is_digit(text[at + 1])
        || !is_digit(text[at + 2]) || !stands_alone(text, at))
      continue;
    const auto code =
        static_cast<unsigned>((text[at] - '0') * 100 + (text[at + 1] - '0') * 10
                              + (text[at + 2] - '0'));
    if (is_announced(text, at) || phrase_follows(text, at, code)
        || (at == start && (is_closed(text, at) || is_named(text, at))))
      found.push_back({code, at});
  }
  return found;
}

} // namespace telltale
