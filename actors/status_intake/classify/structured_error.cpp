#include "actors/status_intake/classify/structured_error.hpp"

#include <algorithm>
#include <array>
#include <string>

namespace telltale {

namespace {

using namespace std::string_view_literals;

bool is_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
         || (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.';
}

std::string lowered(std::string_view text) {
  std::string out;
  for (const char c : text.substr(0, 32))
    if (c != '_' && c != '-')
      out.push_back(c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c);
  return out;
}

template <std::size_t N> bool
is_one_of(std::string_view word, const std::array<std::string_view, N>& words) {
  return std::binary_search(words.begin(), words.end(), word);
}

/// Keys whose values say what went wrong; without `_` and `-`, sorted.
constexpr std::array evidence_keys{"body"sv,
                                   "cause"sv,
                                   "code"sv,
                                   "description"sv,
                                   "detail"sv,
                                   "details"sv,
                                   "err"sv,
                                   "errmsg"sv,
                                   "error"sv,
                                   "errorcode"sv,
                                   "errordescription"sv,
                                   "errormessage"sv,
                                   "errors"sv,
                                   "errortype"sv,
                                   "exception"sv,
                                   "exitstatus"sv,
                                   "failurereason"sv,
                                   "httpcode"sv,
                                   "httpstatus"sv,
                                   "httpstatuscode"sv,
                                   "message"sv,
                                   "msg"sv,
                                   "raw"sv,
                                   "reason"sv,
                                   "result"sv,
                                   "status"sv,
                                   "statuscode"sv,
                                   "subtype"sv,
                                   "title"sv,
                                   "type"sv};

/// Keys of statuses.
constexpr std::array status_keys{
    "code"sv,           "errorcode"sv, "httpcode"sv,  "httpstatus"sv,
    "httpstatuscode"sv, "status"sv,    "statuscode"sv};

/// Keys that only an error has.
constexpr std::array error_keys{
    "err"sv,       "errmsg"sv,           "error"sv,
    "errorcode"sv, "errordescription"sv, "errormessage"sv,
    "errors"sv,    "errortype"sv,        "exception"sv};

constexpr std::array message_keys{
    "detail"sv,       "err"sv,     "errmsg"sv, "error"sv, "errordescription"sv,
    "errormessage"sv, "message"sv, "msg"sv,    "raw"sv,   "result"sv};

/// Quotes that are escaped more often than this open nothing.
constexpr std::size_t most_slashes = 15;

/// More messages than these say nothing new.
constexpr std::size_t most_messages = 3;

/// Values that say that there is no error.
constexpr std::array nothing{""sv,    "0"sv,    "false"sv,
                             "nil"sv, "none"sv, "null"sv};
constexpr std::array fine{""sv,          "0"sv,      "200"sv, "complete"sv,
                          "completed"sv, "null"sv,   "ok"sv,  "running"sv,
                          "succeeded"sv, "success"sv};
constexpr std::array error_levels{"critical"sv, "emergency"sv, "error"sv,
                                  "fatal"sv, "panic"sv};

/// `overloaded_error`, `ThrottlingException`, `error_max_turns`.
bool is_error_name(std::string_view low) {
  return low.starts_with("error") || low.ends_with("error")
         || low.ends_with("exception") || low.ends_with("failed")
         || low.ends_with("exceeded");
}

constexpr std::array quiet_levels{"debug"sv, "info"sv, "notice"sv, "trace"sv};

/// Reads what looks like pairs of keys and values, whatever is around them.
class pair_reader {
public:
  explicit pair_reader(std::string_view line) : line_(line) {}

  structured_error read() && {
    const auto open = line_.find_first_of("{=");
    if (open == std::string_view::npos)
      return {};
    for (std::size_t at = first_key(open); at < line_.size();)
      at = step(at);
    if (!found_.harmless && is_log_ && is_error_log_)
      found_.speaks = true;
    found_.speaks = found_.speaks || has_error_
                    || (has_message_ && (has_code_ || !found_.codes.empty()));
    found_.logged = is_log_;
    return std::move(found_);
  }

private:
  /// A string's content, and how it is quoted.
  struct quoted {
    std::size_t begin = 0;
    std::size_t end = 0;   ///< of the content
    std::size_t after = 0; ///< what follows the closing quote
  };

  /// Where the first key may stand: in a structure after its bracket, in
  /// `key=value` at the key.
  [[nodiscard]] std::size_t first_key(std::size_t open) const {
    auto at = open;
    if (line_[open] == '=')
      while (at > 0 && is_word(line_[at - 1]))
        --at;
    return at;
  }

  /// How many backslashes stand before an offset; counts no further than what
  /// JSON in JSON in JSON has.
  [[nodiscard]] std::size_t slashes_before(std::size_t at) const {
    std::size_t count = 0;
    while (count < at && count < most_slashes && line_[at - count - 1] == '\\')
      ++count;
    return count;
  }

  /// The string whose opening quote is at `at`: closed by the same quote with
  /// no more backslashes before it.
  [[nodiscard]] quoted read_string(std::size_t at) const {
    const char quote = line_[at];
    const auto depth = slashes_before(at);
    for (auto end = at + 1; end < line_.size(); ++end) {
      end = std::min(line_.find(quote, end), line_.size());
      if (end == line_.size())
        break;
      const auto slashes = slashes_before(end);
      if (slashes <= depth)
        return {at + 1, end - std::min(slashes, end - at - 1), end + 1};
    }
    return {at + 1, line_.size(), line_.size()};
  }

  [[nodiscard]] std::size_t skip_blanks(std::size_t at) const {
    while (at < line_.size() && (line_[at] == ' ' || line_[at] == '\\'))
      ++at;
    return at;
  }

  /// Handles what begins at `at`; gives what follows it.
  std::size_t step(std::size_t at) {
    const char c = line_[at];
    if (c == '"' || c == '\'') {
      if (slashes_before(at) == most_slashes
          || (c == '\'' && at > 0 && is_word(line_[at - 1])))
        return at + 1; // escaped beyond sense, or an apostrophe
      const auto name = read_string(at);
      const auto inner = skip_blanks(name.begin);
      if (inner < name.end && line_[inner] == '{')
        return inner;
      return after_name(at, name.begin, name.end, name.after);
    }
    if (is_word(c)) {
      auto end = at;
      while (end < line_.size() && is_word(line_[end]))
        ++end;
      return after_name(at, at, end, end);
    }
    return at + 1;
  }

  /// A bare word is a key inside a structure alone.
  [[nodiscard]] bool may_be_key(std::size_t at) const {
    while (at > 0 && (line_[at - 1] == ' ' || line_[at - 1] == '['))
      --at;
    return inside_
           || (at > 0 && (line_[at - 1] == '{' || line_[at - 1] == ','));
  }

  /// A name is a key if a value follows; else it is passed over.
  std::size_t after_name(std::size_t at, std::size_t begin, std::size_t end,
                         std::size_t after) {
    auto next = skip_blanks(after);
    if (next >= line_.size() || end - begin > 32 || end == begin
        || (line_[next] != ':' && line_[next] != '='))
      return after;
    const bool bare = at == begin;
    const bool arrow = line_.substr(next, 2) == "=>"sv;
    if (bare && !arrow
        && (next != after || (line_[next] == ':' && !may_be_key(at))))
      return after; // `word: …` of a sentence
    ++next;
    if (next < line_.size() && line_[next] == '>')
      ++next;
    const auto key = lowered(line_.substr(begin, end - begin));
    found_.aside.push_back({at, next});
    return read_value(key, skip_blanks(next));
  }

  std::size_t read_value(const std::string& key, std::size_t at) {
    inside_ = true;
    if (at >= line_.size())
      return at;
    const char c = line_[at];
    if (c == '{' || c == '[' || c == '(') {
      has_error_ = has_error_
                   || (is_one_of(key, error_keys) && at + 1 < line_.size()
                       && line_[at + 1] != ']' && line_[at + 1] != '}');
      return at + 1;
    }
    if (c == ':') // a symbol of Ruby
      ++at;
    if (c == '"' || c == '\'') {
      const auto value = read_string(at);
      const auto inner = skip_blanks(value.begin);
      if (inner < value.end && line_[inner] == '{')
        return inner; // a structure in a string
      take(key, value.begin, value.end);
      return value.after;
    }
    auto end = at;
    while (end < line_.size() && is_word(line_[end]))
      ++end;
    take(key, at, end);
    return std::max(end, at + 1);
  }

  void take(const std::string& key, std::size_t begin, std::size_t end) {
    const auto value = line_.substr(begin, end - begin);
    const auto low = lowered(value);
    if (is_one_of(key, error_keys) || key == "iserror")
      has_error_ = has_error_ || !is_one_of(low, nothing);
    if (key == "level" || key == "severity" || key == "lvl") {
      is_log_ = true;
      found_.harmless = is_one_of(low, quiet_levels);
      is_error_log_ = is_one_of(low, error_levels);
    }
    if (!is_one_of(key, evidence_keys)) {
      found_.aside.push_back({begin, end});
      return;
    }
    if (key == "type" || key == "subtype")
      has_error_ = has_error_ || is_error_name(low);
    if (key == "code" || key == "status" || key == "errorcode")
      has_code_ = has_code_ || !is_one_of(low, fine);
    if (is_one_of(key, status_keys))
      take_status(value);
    if (is_one_of(key, message_keys) && value.size() > 2) {
      has_message_ = true;
      if (found_.messages.size() < most_messages)
        found_.messages.push_back(value);
    }
  }

  void take_status(std::string_view value) {
    if (value.size() != 3 || (value[0] != '4' && value[0] != '5'))
      return;
    unsigned code = 0;
    for (const char c : value) {
      if (c < '0' || c > '9')
        return;
      code = code * 10 + static_cast<unsigned>(c - '0');
    }
    found_.codes.push_back(code);
  }

  std::string_view line_;
  structured_error found_;
  bool inside_ = false; ///< a pair was read
  bool has_error_ = false;
  bool has_code_ = false;
  bool has_message_ = false;
  bool is_log_ = false;
  bool is_error_log_ = false;
};

} // namespace

structured_error read_structure(std::string_view line) {
  return pair_reader{line}.read();
}

} // namespace telltale
