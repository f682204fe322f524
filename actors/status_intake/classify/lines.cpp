#include "actors/status_intake/classify/lines.hpp"

#include <algorithm>
#include <array>
#include <string>

#include "text/ascii.hpp"

namespace telltale {

namespace {

using text::is_digit;
using text::is_letter;
using text::is_one_of;
using text::lower;
using text::trimmed;

using namespace std::string_view_literals;

bool starts(std::string_view text, std::string_view with) {
  return text.size() >= with.size()
         && std::equal(with.begin(), with.end(), text.begin(),
                       [](char a, char b) { return a == lower(b); });
}

template <class... T> bool starts_any(std::string_view text, T... heads) {
  return (starts(text, heads) || ...);
}

bool holds(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

/// The letters at the begin, at most 16.
std::string first_word(std::string_view text) {
  std::string out;
  for (const char c : text.substr(0, 16)) {
    if (!is_letter(c))
      break;
    out.push_back(lower(c));
  }
  return out;
}

/// Marks that a terminal's programs put before a line.
struct mark {
  std::string_view text;
  nature says;
};

constexpr std::array marks{
    mark{"\xe2\x9c\x97", nature::error}, // ✗
    mark{"\xe2\x9c\x98", nature::error}, // ✘
    mark{"\xe2\x9c\x96", nature::error}, // ✖
    mark{"\xe2\x9d\x8c", nature::error}, // ❌
    mark{"\xc3\x97", nature::error},     // ×
    mark{"\xf0\x9f\x9a\xa8", nature::error},
    mark{"\xe2\x9a\xa0", nature::warning}, // ⚠
    mark{"\xe2\x9c\x93", nature::list},    // ✓
    mark{"\xe2\x9c\x94", nature::list},    // ✔
    mark{"\xe2\x9c\x85", nature::list},    // ✅
    mark{"\xe2\x97\x8f", nature::list},    // ●
    mark{"\xe2\x8f\xba", nature::list},    // ⏺
    mark{"\xe2\x80\xa2", nature::list},    // •
    mark{"\xe2\x97\x86", nature::list},    // ◆
    mark{"\xe2\x8e\xbf", nature::plain},   // ⎿
    mark{"\xe2\x96\xb6", nature::plain},   // ▶
    mark{"- ", nature::list},
    mark{"* ", nature::list},
    mark{"| ", nature::plain},
    mark{"! ", nature::plain},
    mark{"\xef\xb8\x8f", nature::plain}, // a variation selector
};

/// Levels of logs, and how they weigh.
nature level_of(std::string_view word) {
  static constexpr std::array errors{"error"sv,    "err"sv,   "fatal"sv,
                                     "critical"sv, "crit"sv,  "panic"sv,
                                     "emerg"sv,    "severe"sv};
  static constexpr std::array quiet{"info"sv, "debug"sv, "trace"sv, "notice"sv,
                                    "verbose"sv};
  if (is_one_of(word, errors))
    return nature::error;
  if (is_one_of(word, quiet))
    return nature::quiet;
  return word == "warn" || word == "warning" ? nature::warning : nature::plain;
}

/// A token that only says when or where: a time, a process, a thread.
bool is_stamp(std::string_view token) {
  if (token.size() < 5 || token.size() > 40)
    return false;
  std::size_t digits = 0;
  for (const char c : token) {
    if (is_digit(c))
      ++digits;
    else if (!is_letter(c) && "-:.,+/[]()"sv.find(c) == std::string_view::npos)
      return false;
  }
  return digits >= 4
         && (holds(token, ":") || holds(token, "-") || holds(token, "/"));
}

/// `[ERROR]`, `ERROR`, `error:` at the begin of a record, after its stamps.
struct record_head {
  nature says = nature::plain;
  std::size_t end = 0;
};

record_head read_head(std::string_view text) {
  std::size_t at = 0;
  bool stamped = false;
  for (int tokens = 0; tokens < 4 && at < text.size(); ++tokens) {
    auto end = std::min(text.find_first_of(" \t", at), text.size());
    auto token = text.substr(at, end - at);
    if (is_stamp(token)) {
      stamped = true;
      at = std::min(text.find_first_not_of(" \t", end), text.size());
      continue;
    }
    const bool bracketed = token.size() > 2 && token.front() == '[';
    if (bracketed)
      token = token.substr(1);
    const auto word = first_word(token);
    const auto rest = token.substr(word.size());
    const auto says = level_of(word);
    const bool alone = rest.empty() || rest == "]"sv || rest == "]:"sv
                       || rest == ":"sv || rest == "|"sv;
    const bool loud = token.size() > 1 && token[0] < 'a' && token[1] < 'a';
    if (says != nature::plain && alone
        && (bracketed || stamped || loud || rest == ":"sv)) {
      // `Error: …` is how people quote it; a log's level is not.
      if (!bracketed && !stamped)
        return {says, 0};
      return {says, std::min(text.find_first_not_of(" \t", end), text.size())};
    }
    if (!bracketed)
      break;
    at = std::min(text.find_first_not_of(" \t", end), text.size());
  }
  return {nature::plain, stamped ? at : 0};
}

/// `level=error` of a record that is pairs of keys and values.
nature level_in_pairs(std::string_view text) {
  const auto at = text.substr(0, 160).find("level=");
  return at == text.npos ? nature::plain
                         : level_of(first_word(text.substr(at + 6)));
}

bool is_frame(std::string_view line, std::string_view text) {
  const bool indented = text.data() != line.data();
  if (starts(text, "file \"") && holds(text, ", line "))
    return true;
  if (starts_any(text, "traceback (most recent"sv, "goroutine "sv,
                 "created by "sv, "note: run with `rust"sv,
                 "stack backtrace:"sv, "stack trace:"sv,
                 "emitted 'error' event"sv, "the above exception was"sv,
                 "during handling of the above"sv, "throw er;"sv))
    return true;
  if (indented
      && (starts_any(text, "at "sv, "in "sv) || text.front() == '^'
          || text.front() == '~'))
    return !holds(text, " error ");
  if (text.front() == '#' && text.size() > 2 && is_digit(text[1]))
    return true;
  const auto colon = text.rfind(':');
  const bool numbered = colon != text.npos && colon + 1 < text.size()
                        && is_digit(text[colon + 1]);
  if (line.front() == '\t' && numbered && holds(text, "/"))
    return true;
  if ((starts(text, "node:") && numbered)
      || (starts(text, "node.js v") && text.size() > 9 && is_digit(text[9])))
    return true;
  return holds(text, "(0x") || (holds(text, "({") && holds(text, ", 0x"));
}

bool is_test(std::string_view text) {
  if (starts_any(text, "--- fail"sv, "--- pass"sv, "=== run"sv, "fail\t"sv,
                 "pass\t"sv, "failed test"sv, "ok  "sv, "e   "sv, "assert "sv,
                 "assertionerror"sv, "expected:"sv, "received:"sv, "actual:"sv,
                 "tests::"sv, "not ok "sv, "failures:"sv))
    return true;
  if (starts_any(text, "fail "sv, "pass "sv, "test "sv)
      && (holds(text, "/") || holds(text, "::") || holds(text, " ... ")))
    return true;
  if (starts(text, "failed ") && (holds(text, "::") || holds(text, "test_")))
    return true;
  if (is_digit(text.front()) && holds(text.substr(0, 5), ") "))
    return true;
  const auto counted = is_digit(text.front())
                       && (holds(text.substr(0, 16), " failed")
                           || holds(text.substr(0, 16), " passed")
                           || holds(text.substr(0, 16), " failing")
                           || holds(text.substr(0, 16), " passing")
                           || holds(text.substr(0, 16), " tests"));
  return counted || holds(text, "AssertionError")
         || (holds(text, " expected ")
             && (holds(text, " but got ") || holds(text, " to equal ")
                 || holds(text, " to be ")));
}

bool is_diff(std::string_view text) {
  return starts_any(text, "+++ "sv, "@@ "sv, "diff --git "sv, "index "sv,
                    "--- a/"sv, "--- /dev"sv)
         || (text.front() == '+' && text.size() > 1 && !is_digit(text[1]));
}

/// `$ go test`, `> npm run build`, `Bash(make)`, `Read(a.cpp)`.
bool is_command(std::string_view text) {
  if (starts_any(text, "$ "sv, "> "sv, "% "sv, "+ "sv, ">>> "sv, "running: "sv,
                 "command: "sv))
    return true;
  const auto word = first_word(text);
  return !word.empty() && word.size() < text.size() && text[word.size()] == '('
         && text.back() == ')' && text.front() < 'a' && !word.ends_with("error")
         && !word.ends_with("exception");
}

bool is_heading(std::string_view text) {
  if (text.front() == '#' && text.find_first_not_of('#') < text.size()
      && text[text.find_first_not_of('#')] == ' ')
    return true;
  return text.back() == ':' && text.size() < 60 && !holds(text, "rror")
         && !holds(text, "anic") && !holds(text, "ail");
}

/// `Error handling …`: what people write about errors.
bool is_about_errors(std::string_view text) {
  static constexpr std::array things{
      "handling"sv, "handler"sv, "handlers"sv, "message"sv,  "messages"sv,
      "page"sv,     "pages"sv,   "paths"sv,    "boundary"sv, "states"sv,
      "cases"sv,    "tests"sv,   "reporting"sv};
  const auto word = first_word(text);
  return (word == "error" || word == "exception") && word.size() < text.size()
         && text[word.size()] == ' '
         && is_one_of(first_word(text.substr(word.size() + 1)), things);
}

/// What a line that is an error begins with.
bool begins_with_error(std::string_view text) {
  if (is_about_errors(text))
    return false;
  if (starts_any(
          text, "error"sv, "api error"sv, "fatal"sv, "panic:"sv, "failed"sv,
          "failure"sv, "exception"sv, "uncaught"sv, "unhandled"sv,
          "caused by"sv, "[cause]"sv, "aborted"sv, "abort"sv, "thread '"sv,
          "request failed"sv, "npm err"sv, "e: "sv, "err:"sv, "curl: ("sv,
          "[api error"sv, "(error)"sv, "unexpected status"sv, "fehler"sv,
          "erreur"sv, "terminate called"sv, "segmentation fault"sv, "killed"sv,
          "bash: "sv, "sh: "sv, "zsh: "sv, "/bin/"sv, "docker: "sv, "git: "sv,
          "ssh: "sv, "##[error]"sv, "status: blocked"sv, "stopped:"sv,
          "cannot "sv, "could not "sv, "couldn't "sv, "unable to "sv,
          "\xe9\x94\x99\xe8\xaf\xaf"sv, "\xe5\xa4\xb1\xe8\xb4\xa5"sv,
          "\xe6\x8a\xa5\xe9\x94\x99"sv, "\xe5\xbc\x82\xe5\xb8\xb8"sv,
          "\xe3\x82\xa8\xe3\x83\xa9\xe3\x83\xbc"sv))
    return true;
  // `agent: error: …`, `POST /v1: error …`
  const auto head = text.substr(0, 120);
  return holds(head, "rror: ") || holds(head, ": error")
         || holds(head, ": fatal") || holds(head, "ERROR:")
         || holds(head, "rror code: ") || holds(head, " failed: ")
         || holds(head, "xception: ") || holds(head, " error=")
         || holds(head, "ERROR: ");
}

} // namespace

std::size_t end_of_exception(std::string_view text) {
  std::size_t end = 0;
  while (end < text.size() && end < 120
         && (is_letter(text[end]) || is_digit(text[end])
             || "._$"sv.find(text[end]) != std::string_view::npos
             || (text[end] == ':' && end + 1 < text.size()
                 && (text[end + 1] == ':' || text[end - (end > 0)] == ':'))))
    ++end;
  const auto name = text.substr(0, end);
  std::string low;
  for (const char c :
       name.substr(name.size() - std::min<std::size_t>(name.size(), 12)))
    low.push_back(lower(c));
  const bool named = (low.ends_with("error") || low.ends_with("exception")
                      || low.ends_with("expired") || low.ends_with("exceeded")
                      || low.ends_with("fault"))
                     && name.size() > 6;
  // In a sentence it is a word like others.
  const bool alone = end == text.size() || text[end] == ':';
  return named && alone ? end : 0;
}

bool is_sentence(std::string_view text) {
  if (text.size() < 16 || text.front() == '{' || text.front() == '[')
    return false;
  std::size_t words = 0;
  std::size_t other = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == ' ')
      ++words;
    else if (!is_letter(c) && "'.,-"sv.find(c) == std::string_view::npos)
      ++other;
  }
  return words >= 3 && other * 8 <= text.size() && is_letter(text.front());
}

std::vector<text_line> read_lines(std::string_view text) {
  std::vector<text_line> out;
  for (std::size_t begin = 0; begin < text.size();) {
    const auto end = std::min(text.find('\n', begin), text.size());
    const auto whole = text.substr(begin, end - begin);
    const auto line = trimmed(whole);
    begin = end + 1;
    if (line.empty())
      continue;
    text_line found{line, static_cast<std::size_t>(line.data() - text.data()),
                    nature::plain, 0};
    for (bool again = true; again;) {
      again = false;
      for (const auto& each : marks)
        if (line.substr(found.speech).starts_with(each.text)) {
          found.speech += each.text.size();
          if (found.is == nature::plain)
            found.is = each.says;
          again = true;
        }
      while (found.speech < line.size() && line[found.speech] == ' ')
        ++found.speech;
    }
    const auto speech = line.substr(found.speech);
    if (speech.empty())
      continue;
    const auto head = read_head(speech);
    const auto pairs =
        head.says == nature::plain ? level_in_pairs(speech) : head.says;
    if (is_frame(whole, line))
      found.is = nature::frame;
    else if (is_diff(line))
      found.is = nature::diff;
    else if (is_test(speech))
      found.is = nature::test;
    else if (is_command(found.is == nature::list ? speech : line))
      found.is = nature::command;
    else if (pairs != nature::plain) {
      found.is = pairs;
      found.speech += head.end;
    } else if (begins_with_error(speech.substr(head.end))
               || end_of_exception(speech.substr(head.end)) > 0) {
      found.is = nature::error;
      found.speech += head.end;
    } else if (found.is == nature::plain) {
      found.speech += head.end;
      if (is_heading(line))
        found.is = nature::heading;
      else if (is_sentence(speech.substr(head.end)))
        found.is = nature::prose;
    }
    out.push_back(found);
  }
  return out;
}

} // namespace telltale
