#include "messages/fingerprint.hpp"

#include <algorithm>
#include <array>
#include <cstdint>

#include "text/ascii.hpp"
#include "text/hex.hpp"

namespace telltale {

namespace {

using text::is_alnum;
using text::is_digit;
using text::is_letter;
using text::is_one_of;
using text::is_upper;
using text::lowered;

using namespace std::string_view_literals;

/// Raised when a line's variables are found in another way.
constexpr char rules_version = '1';

bool is_wide(char c) {
  return static_cast<unsigned char>(c) >= 0x80;
}

/// Characters of names, paths, addresses, numbers and times.
bool is_token(char c) {
  return is_alnum(c) || "_-./\\:@%+~$#*&?="sv.find(c) != std::string_view::npos;
}

/// Units and names of times: a variable's own when they follow one.
bool is_unit(std::string_view word) {
  static constexpr std::array units{
      "ms"sv,          "s"sv,    "sec"sv,  "secs"sv,  "second"sv,
      "seconds"sv,     "m"sv,    "min"sv,  "mins"sv,  "minute"sv,
      "minutes"sv,     "h"sv,    "hr"sv,   "hour"sv,  "hours"sv,
      "day"sv,         "days"sv, "week"sv, "weeks"sv, "am"sv,
      "pm"sv,          "utc"sv,  "b"sv,    "kb"sv,    "mb"sv,
      "gb"sv,          "kib"sv,  "mib"sv,  "gib"sv,   "bytes"sv,
      "milliseconds"sv};
  return is_one_of(word, units);
}

bool is_time_name(std::string_view word) {
  static constexpr std::array names{
      "jan"sv,       "feb"sv,      "mar"sv,      "apr"sv,       "jun"sv,
      "jul"sv,       "aug"sv,      "sep"sv,      "oct"sv,       "nov"sv,
      "dec"sv,       "mon"sv,      "tue"sv,      "wed"sv,       "thu"sv,
      "fri"sv,       "monday"sv,   "tuesday"sv,  "wednesday"sv, "thursday"sv,
      "friday"sv,    "saturday"sv, "sunday"sv,   "january"sv,   "february"sv,
      "march"sv,     "april"sv,    "june"sv,     "july"sv,      "august"sv,
      "september"sv, "october"sv,  "november"sv, "december"sv};
  return is_one_of(word, names);
}

/// `openai.RateLimitError`: a dotted name that says what happened.
bool is_error_name(std::string_view low) {
  return low.ends_with("error") || low.ends_with("exception")
         || low.ends_with("fault") || low.ends_with("exceeded");
}

/// Small and large letters mixed at random, as in ids.
bool is_random(std::string_view token) {
  if (token.size() < 12)
    return false;
  std::size_t changes = 0;
  for (std::size_t i = 1; i < token.size(); ++i)
    if (is_letter(token[i]) && is_letter(token[i - 1])
        && is_upper(token[i]) != is_upper(token[i - 1]))
      ++changes;
  return changes * 3 > token.size();
}

/// Does a token differ between failures of one cause?
bool is_variable(std::string_view token) {
  const auto low = lowered(token);
  if (std::any_of(token.begin(), token.end(), is_digit))
    return true;
  if (token.find_first_of("/\\@=") != token.npos)
    return true;
  const auto dot = token.find('.');
  if (dot != token.npos && dot + 1 < token.size())
    return !is_error_name(low);
  return is_random(token) || is_time_name(low);
}

/// `401` of `HTTP 401` says what happened.
bool is_status(std::string_view token) {
  return token.size() == 3 && (token[0] == '4' || token[0] == '5')
         && is_digit(token[1]) && is_digit(token[2]);
}

/// Words after which three digits are a status.
bool announces_status(std::string_view word) {
  static constexpr std::array words{"http"sv, "status"sv, "code"sv, "error"sv,
                                    "statuscode"sv};
  return is_one_of(word, words);
}

/// The end of the quoted value that begins at `at`, or `at` if none does.
std::size_t end_of_quote(std::string_view line, std::size_t at) {
  const char quote = line[at];
  if (quote != '"' && quote != '\'' && quote != '`')
    return at;
  if (quote == '\'' && at > 0 && is_alnum(line[at - 1]))
    return at; // an apostrophe
  for (auto end = at + 1; end < line.size() && end - at < 200; ++end) {
    if (line[end] != quote || line[end - 1] == '\\')
      continue;
    if (quote != '\'' || end + 1 == line.size() || !is_alnum(line[end + 1]))
      return end + 1;
  }
  return at;
}

/// The end of a placeholder of redaction (`[email 1]`, `[secret:key 2]`).
std::size_t end_of_placeholder(std::string_view line, std::size_t at) {
  if (line[at] != '[' || at + 1 >= line.size() || !is_letter(line[at + 1]))
    return at;
  const auto end = line.substr(at, 48).find(']');
  return end == line.npos ? at : at + end + 1;
}

/// Writes a line's words, and one `#` for each run of variables.
class skeleton {
public:
  explicit skeleton(std::string_view line) : line_(line) {}

  std::string write() && {
    for (std::size_t at = 0; at < line_.size();)
      at = step(at);
    while (!out_.empty() && out_.back() == ' ')
      out_.pop_back();
    return std::move(out_);
  }

private:
  std::size_t step(std::size_t at) {
    auto end = end_of_quote(line_, at);
    if (end == at)
      end = end_of_placeholder(line_, at);
    if (end > at) {
      variable();
      return end;
    }
    if (!is_token(line_[at])) {
      other(line_[at]);
      return at + 1;
    }
    while (end < line_.size() && is_token(line_[end]))
      ++end;
    auto from = at;
    auto to = end;
    const auto edge = "-.:/?*&=+~#$%"sv;
    while (to > from && edge.find(line_[to - 1]) != edge.npos)
      --to;
    if (from == to)
      return end; // marks alone
    word(line_.substr(from, to - from));
    return end;
  }

  void word(std::string_view token) {
    const auto low = lowered(token);
    if (is_status(token) && announces_status(last_))
      return put(low);
    if (is_variable(token))
      return variable();
    if (after_variable_ && is_unit(low))
      return;
    put(low);
  }

  void put(const std::string& word) {
    if (!out_.empty() && out_.back() != ' ')
      out_.push_back(' ');
    out_.append(word);
    last_ = word;
    after_variable_ = false;
  }

  void variable() {
    if (after_variable_)
      return;
    put("#");
    after_variable_ = true;
  }

  void other(char c) {
    if (!is_wide(c))
      return;
    if (after_variable_ && !out_.empty())
      out_.push_back(' ');
    after_variable_ = false;
    out_.push_back(c);
  }

  std::string_view line_;
  std::string out_;
  std::string last_; ///< the last word
  bool after_variable_ = false;
};

/// FNV-1a.
std::uint64_t hash_of(std::string_view text) {
  std::uint64_t hash = 14695981039346656037ULL;
  for (const char c : text) {
    hash ^= static_cast<unsigned char>(c);
    hash *= 1099511628211ULL;
  }
  return hash;
}

} // namespace

std::string without_variables(std::string_view line) {
  return skeleton{line}.write();
}

std::string fingerprint(std::string_view reason,
                        std::string_view telling_line) {
  std::string basis{rules_version};
  basis.append(reason);
  basis.push_back('\n');
  basis.append(without_variables(telling_line));
  const auto hash = hash_of(basis);
  std::string bytes;
  for (int shift = 56; shift >= 0; shift -= 8)
    bytes.push_back(static_cast<char>(hash >> shift));
  return text::to_hex(bytes);
}

} // namespace telltale
