#include "actors/status_intake/classify.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "actors/status_intake/phrase_scanner.hpp"
#include "actors/status_intake/status_codes.hpp"
#include "actors/status_intake/validate.hpp"
#include "messages/blank.hpp"

namespace telltale {

namespace {

using namespace std::string_view_literals;

/// The rules in their order, then the words that decide about a rule on the
/// same line.
enum rule : std::uint8_t {
  context,
  missing_config,
  access,
  quota,
  capacity,
  server,
  agent_limit,
  network,
  model,
  output,
  executable,
  version,
  environment,
  process,
  rules,        ///< how many there are
  foreign,      ///< another program than the model provider speaks
  model_nearby, ///< a 404 on this line is a model's
};

struct phrase {
  std::string_view text; ///< lower case; a blank also matches `_`, `-`, tab
  rule speaks_of;
  bool whole = false; ///< no letter or digit may follow
};

constexpr std::array phrases{
    phrase{"context length", context},
    phrase{"context window", context},
    phrase{"context limit", context},
    phrase{"maximum context", context},
    phrase{"prompt is too long", context},
    phrase{"token limit exceeded", context},

    phrase{"missing environment variable", missing_config},
    phrase{"missing required environment variable", missing_config},
    phrase{"missing api key", missing_config},
    phrase{"api key required", missing_config},
    phrase{"api key is required", missing_config},
    phrase{"api key is missing", missing_config},
    phrase{"api key not set", missing_config},
    phrase{"api key is not set", missing_config},
    phrase{"no api key", missing_config},
    phrase{"no provider configured", missing_config},

    phrase{"unauthorized", access},
    phrase{"forbidden", access, true},
    phrase{"invalid api key", access},
    phrase{"invalid x api key", access},
    phrase{"incorrect api key", access},
    phrase{"authentication error", access},
    phrase{"not logged in", access},
    phrase{"access denied", access},

    phrase{"insufficient balance", quota},
    phrase{"credits", quota, true},
    phrase{"credit balance", quota},
    phrase{"quota", quota},
    phrase{"usage limit", quota},

    phrase{"too many requests", capacity},
    phrase{"rate limit", capacity},
    phrase{"ratelimit", capacity},
    phrase{"overloaded", capacity},
    phrase{"no capacity", capacity},
    phrase{"at capacity", capacity},

    phrase{"internal error", server, true},
    phrase{"internal server error", server, true},
    phrase{"bad gateway", server},
    phrase{"service unavailable", server},
    phrase{"provider returned error", server},

    phrase{"timed out after", agent_limit},

    phrase{"connection refused", network},
    phrase{"connection reset", network},
    phrase{"connection closed", network},
    phrase{"connection was closed", network},
    phrase{"connection timed out", network},
    phrase{"no such host", network},
    phrase{"could not resolve host", network},
    phrase{"name resolution", network},
    phrase{"dns failure", network},
    phrase{"dns lookup failed", network},
    phrase{"dns error", network},
    phrase{"tls handshake", network},
    phrase{"i/o timeout", network},
    phrase{"unexpected eof", network},
    phrase{"stream disconnected", network},
    phrase{"socket hang up", network},
    phrase{"network is unreachable", network},
    phrase{"dial tcp", network},
    phrase{"deadline exceeded", network},
    phrase{"econnrefused", network},
    phrase{"econnreset", network},
    phrase{"etimedout", network},
    phrase{"enotfound", network},

    phrase{"model not found", model},
    phrase{"unknown model", model},
    phrase{"no such model", model},
    phrase{"model does not exist", model},
    phrase{"model is not available", model},
    phrase{"not exist or you do not have access to it", model},

    phrase{"returned empty output", output},
    phrase{"returned no output", output},
    phrase{"no parseable output", output},
    phrase{"no parsable output", output},

    phrase{"executable file not found", executable},
    phrase{"command not found", executable},
    phrase{"exec format error", executable},

    phrase{"below the minimum supported version", version},
    phrase{"below minimum supported version", version},
    phrase{"requires a newer version", version},

    phrase{"no space left on device", environment},
    phrase{"disk quota exceeded", environment},
    phrase{"permission denied", environment},
    phrase{"read only file system", environment},

    phrase{"exit status", process},
    phrase{"exit code", process},
    phrase{"exited with code", process},
    phrase{"exited with status", process},
    phrase{"signal:", process},
    phrase{"by signal", process},
    phrase{"received signal", process},
    phrase{"signal 6", process, true},
    phrase{"signal 9", process, true},
    phrase{"signal 11", process, true},
    phrase{"signal 15", process, true},
    phrase{"sigkill", process},
    phrase{"sigsegv", process},
    phrase{"sigabrt", process},
    phrase{"sigterm", process},
    phrase{"segmentation fault", process},
    phrase{"panic:", process},
    phrase{"killed", process, true},
    phrase{"out of memory", process},

    phrase{"git push", foreign},
    phrase{"git pull", foreign},
    phrase{"git fetch", foreign},
    phrase{"git clone", foreign},
    phrase{"git ls remote", foreign},
    phrase{"git submodule", foreign},
    phrase{"remote:", foreign},
    phrase{"fatal: unable to access", foreign},
    phrase{"requested url returned error", foreign},
    phrase{"npm err!", foreign},
    phrase{"npm error", foreign},
    phrase{"docker pull", foreign},
    phrase{"docker push", foreign},

    phrase{"model", model_nearby},
    phrase{"/v1/", model_nearby},
    phrase{"chat/completions", model_nearby},
};

const phrase_scanner& scanner() {
  static const phrase_scanner built = [] {
    std::vector<std::string_view> texts;
    texts.reserve(phrases.size());
    for (const auto& row : phrases)
      texts.push_back(row.text);
    return phrase_scanner{texts};
  }();
  return built;
}

bool is_word_char(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
         || (c >= '0' && c <= '9');
}

/// An occurrence counts as words, not as a part of other words.
bool is_bounded(std::string_view text, const phrase& row, std::size_t begin) {
  if (begin > 0 && is_word_char(row.text.front())
      && is_word_char(text[begin - 1]))
    return false;
  const auto end = begin + row.text.size();
  return !row.whole || end >= text.size() || !is_word_char(text[end]);
}

/// `quota` of a disk is no quota of a provider, `credits.txt` is a file.
bool is_meant(std::string_view text, const phrase& row, std::size_t begin) {
  if (row.text == "quota"sv)
    return begin < 5
           || (text.substr(begin - 5, 4) != "disk"sv
               && text.substr(begin - 5, 4) != "Disk"sv);
  if (row.text == "credits"sv) {
    const auto end = begin + row.text.size();
    return end + 1 >= text.size() || text[end] != '.'
           || !is_word_char(text[end + 1]);
  }
  return true;
}

struct mark {
  std::size_t at;
  rule speaks_of;
};

/// What a line's marks decide together: `access` unless another program speaks,
/// `model` for a 404 (marked as such) near a model's name.
class line_judge {
public:
  void see(rule what) { seen_[what] = true; }

  [[nodiscard]] bool access_counts() const {
    return seen_[access] && !seen_[foreign];
  }
  [[nodiscard]] bool model_counts() const {
    return seen_[model] && seen_[model_nearby];
  }
  void next_line() { seen_ = {}; }

private:
  std::array<bool, model_nearby + 1> seen_{};
};

/// Rules that only hold in the company of what else is on their line.
void judge_lines(std::string_view text, std::vector<mark>& marks,
                 std::array<bool, rules>& holds) {
  std::sort(marks.begin(), marks.end(),
            [](const mark& a, const mark& b) { return a.at < b.at; });
  line_judge judge;
  const auto conclude = [&] {
    holds[access] = holds[access] || judge.access_counts();
    holds[model] = holds[model] || judge.model_counts();
    judge.next_line();
  };
  std::size_t line_end = 0;
  for (const auto& here : marks) {
    if (here.at >= line_end) {
      conclude();
      line_end = std::min(text.find('\n', here.at), text.size());
    }
    judge.see(here.speaks_of);
  }
  conclude();
}

rule rule_of_status(unsigned code) {
  if (code == 401 || code == 403)
    return access;
  if (code == 402)
    return quota;
  if (code == 404)
    return model;
  if (code == 429 || code == 529)
    return capacity;
  return code >= 500 ? server : rules;
}

constexpr std::array reason_of_rule{
    reason::agent_context_overflow,
    reason::agent_missing_config,
    reason::agent_provider_auth_or_access,
    reason::agent_provider_quota_limit,
    reason::agent_provider_capacity_or_rate_limit,
    reason::agent_provider_server_error,
    reason::agent_timeout,
    reason::agent_provider_network,
    reason::agent_model_not_found_or_unavailable,
    reason::agent_empty_or_unparseable_output,
    reason::agent_runtime_missing_executable,
    reason::agent_runtime_version_unsupported,
    reason::environment_prepare_failed,
    reason::agent_process_failure,
};
static_assert(reason_of_rule.size() == rules);

} // namespace

reason classify(std::string_view text) {
  std::array<bool, rules> holds{};
  std::vector<mark> marks;
  scanner().scan(text, [&](std::size_t index, std::size_t begin) {
    const auto& row = phrases[index];
    if (!is_bounded(text, row, begin) || !is_meant(text, row, begin))
      return true;
    if (row.speaks_of == access || row.speaks_of >= foreign)
      marks.push_back({begin, row.speaks_of});
    else
      holds[row.speaks_of] = true;
    return true;
  });
  for (const auto& status : find_statuses(text)) {
    const auto speaks_of = rule_of_status(status.code);
    if (speaks_of == access || speaks_of == model)
      marks.push_back({status.at, speaks_of});
    else if (speaks_of != rules)
      holds[speaks_of] = true;
  }
  judge_lines(text, marks, holds);
  const auto first = std::find(holds.begin(), holds.end(), true);
  return first == holds.end()
             ? reason::agent_unknown
             : reason_of_rule[static_cast<std::size_t>(first - holds.begin())];
}

failure_reason settle_reason(task_status status,
                             const std::optional<failure_reason>& named,
                             std::string_view text) {
  const bool is_named = named && !is_blank(named->wire);
  if (is_named && named->wire != "agent_error"
      && named->wire != "agent_error.unknown")
    return *named;
  if (!is_named && status == task_status::timed_out)
    return reason::timeout;
  return classify(text);
}

} // namespace telltale
