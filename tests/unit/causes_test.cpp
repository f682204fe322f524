// libs: telltale_status_intake
#define CAF_SUITE unit.causes

#include <array>
#include <map>
#include <random>
#include <set>
#include <string>
#include <string_view>

#include "actors/status_intake/classify/classify.hpp"
#include "messages/fingerprint.hpp"

#include "tests/support/checks.hpp"

using namespace telltale;
using namespace std::string_view_literals;

namespace {

/// Failures of twenty kinds. `%n` a number, `%i` an id, `%p` a path, `%h` a
/// host, `%t` a time, `%d` a duration, `%q` a quoted value.
constexpr std::array kinds{
    "lock held by job %n"sv,
    "API Error: 529 {\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":\"Overloaded\"},\"request_id\":\"%i\"}"sv,
    "API Error: 500 {\"type\":\"error\",\"error\":{\"type\":\"api_error\",\"message\":\"Internal server error\"},\"request_id\":\"%i\"}"sv,
    "prompt is too long: %n tokens > 200000 maximum"sv,
    "%t ERROR dial tcp %h:443: connect: connection refused"sv,
    "%t ERROR lookup %h: no such host"sv,
    "Traceback (most recent call last):\n  File \"%p/run.py\", line %n, in <module>\nKeyError: %q"sv,
    "Traceback (most recent call last):\n  File \"%p/run.py\", line %n, in <module>\nZeroDivisionError: division by zero"sv,
    "Traceback (most recent call last):\n  File \"%p/run.py\", line %n, in <module>\nValueError: could not convert string to float: %q"sv,
    "fatal: repository 'https://%h/team/app-%n.git/' not found"sv,
    "write %p/pack-%i: no space left on device"sv,
    "mkdir %p: permission denied"sv,
    "codex exec timed out after %d: deadline exceeded"sv,
    "Rate limit reached for organization %i on tokens per min: Limit 30000, Used %n. Please try again in %d."sv,
    "You've hit your usage limit. Try again in %d."sv,
    "model %q not found, try pulling it first"sv,
    "process %n exited with code 137"sv,
    "panic: runtime error: index out of range [%n] with length %n"sv,
    "Error: Reached max turns (%n)"sv,
    "runner %i went offline at %t: no heartbeat for %d"sv,
};

constexpr std::size_t variants = 50;

class variant_maker {
public:
  std::string make(std::string_view form) {
    std::string out;
    for (std::size_t i = 0; i < form.size(); ++i) {
      if (form[i] != '%') {
        out.push_back(form[i]);
        continue;
      }
      out.append(value(form[++i]));
    }
    return out;
  }

private:
  std::string number() { return std::to_string(random_() % 90'000 + 3); }

  std::string id() {
    static constexpr auto hex = "0123456789abcdef"sv;
    std::string out = "req_0";
    for (int i = 0; i < 12; ++i)
      out.push_back(hex[random_() % hex.size()]);
    return out;
  }

  std::string word() {
    static constexpr std::array words{"amber"sv, "birch"sv, "cedar"sv,
                                      "delta"sv, "ember"sv, "flint"sv};
    return std::string{words[random_() % words.size()]};
  }

  std::string value(char what) {
    const auto two = [this] { return std::to_string(random_() % 50 + 10); };
    switch (what) {
    case 'n':
      return number();
    case 'i':
      return id();
    case 'p':
      return "/srv/" + word() + "/" + word() + "-" + number();
    case 'h':
      return word() + "." + word() + ".example";
    case 't':
      return "2026-11-" + two() + "T" + two() + ":" + two() + ":01Z";
    case 'd':
      return random_() % 2 == 0 ? two() + "m" + two() + "s"
                                : two() + " minutes";
    default:
      return "'" + word() + " " + word() + "'";
    }
  }

  std::mt19937 random_{14};
};

std::string cause_of(std::string_view text) {
  const auto found = read_failure(text);
  return fingerprint(found.failure_reason.wire, found.telling_line);
}

} // namespace

CAF_TEST(failures that differ in variables alone have one cause) {
  variant_maker make;
  std::map<std::string, std::string_view> kind_of;
  for (const auto form : kinds) {
    std::set<std::string> causes;
    for (std::size_t i = 0; i < variants; ++i)
      causes.insert(cause_of(make.make(form)));
    CAF_MESSAGE(std::string{form} + " -> "
                + read_failure(make.make(form)).telling_line);
    CAF_CHECK_EQUAL(causes.size(), 1U);
    for (const auto& cause : causes)
      CAF_CHECK(kind_of.emplace(cause, form).second);
  }
  CAF_CHECK_EQUAL(kind_of.size(), kinds.size());
}

CAF_TEST(a cause is sixteen hex digits whatever the text) {
  for (const auto text : {""sv, "x"sv, "\xe4\xbd\x99\xe9\xa2\x9d"sv}) {
    const auto cause = cause_of(text);
    CAF_CHECK_EQUAL(cause.size(), 16U);
    CAF_CHECK_EQUAL(cause.find_first_not_of("0123456789abcdef"),
                    std::string::npos);
  }
}

CAF_TEST(two exceptions under one heading are two causes) {
  const auto heading = std::string{"Traceback (most recent call last):\n"
                                   "  File \"a.py\", line 3, in run\n"};
  CAF_CHECK(cause_of(heading + "OSError: disk on fire")
            != cause_of(heading + "RuntimeError: no plan left"));
}

CAF_TEST(the reason is part of the cause) {
  CAF_CHECK(fingerprint("timeout", "it ended")
            != fingerprint("agent_blocked", "it ended"));
}

CAF_TEST(a line without its variables keeps its words) {
  CAF_CHECK_EQUAL(without_variables("lock held by job 17"),
                  "lock held by job #");
  CAF_CHECK_EQUAL(without_variables("HTTP 401 from host a.example:443"),
                  "http 401 from host #");
  CAF_CHECK_EQUAL(without_variables("openai.RateLimitError: after 5.06s"),
                  "openai.ratelimiterror after #");
  CAF_CHECK_EQUAL(without_variables("open '/srv/a b': it's gone"),
                  "open # it s gone");
}
