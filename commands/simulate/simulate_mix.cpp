#include "commands/simulate/simulate_mix.hpp"

#include <algorithm>
#include <numeric>
#include <sstream>
#include <stdexcept>

#include <toml++/toml.h>

#include "commands/exec/exec_rules.hpp"

namespace telltale::commands {

namespace {

constexpr std::array<std::string_view, behaviours> names{
    "delivered",  "clean",     "silent_noop",      "noop_by_detail",
    "unverified", "crash",     "provider_failure", "secret_crash",
    "retried",    "timed_out", "silence",          "late_success"};

[[noreturn]] void refuse(const toml::node* where, const std::string& what) {
  std::ostringstream out;
  if (where != nullptr)
    out << "line " << where->source().begin.line << ": ";
  out << what;
  throw std::invalid_argument{out.str()};
}

void read_weights(const toml::table& from, behaviour_mix& to) {
  to.weights.fill(0);
  for (const auto& [key, node] : from) {
    auto at = std::find(names.begin(), names.end(), key.str());
    if (at == names.end())
      refuse(&node, "no such behaviour: " + std::string{key.str()});
    auto weight = node.value<std::int64_t>();
    if (!node.is_integer() || !weight || *weight < 0 || *weight > 1'000'000)
      refuse(&node, "a weight is a whole number from 0 to 1000000");
    to.weights[static_cast<std::size_t>(at - names.begin())] =
        static_cast<std::uint32_t>(*weight);
  }
}

void read_work(const toml::table& from, behaviour_mix& to) {
  for (const auto& [key, node] : from) {
    auto span = parse_duration(node.value<std::string>().value_or(""));
    if (!span)
      refuse(&node, "wants a duration such as \"50ms\"");
    if (key == "least")
      to.least_work = *span;
    else if (key == "most")
      to.most_work = *span;
    else
      refuse(&node, "[work] knows least and most");
  }
  if (to.least_work > to.most_work)
    refuse(&from, "work.least is more than work.most");
}

std::string letters(std::uint64_t n, std::size_t count,
                    std::string_view alphabet) {
  std::string out;
  for (std::size_t i = 0; i < count; ++i) {
    if (i % 8 == 0)
      n = scramble(n, i + 1);
    out += alphabet[(n >> (i % 8 * 8U)) % alphabet.size()];
  }
  return out;
}

constexpr std::string_view lower_alphabet = "abcdefghijkmnpqrstuvwxyz";
constexpr std::string_view token_alphabet =
    "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnpqrstuvwxyz23456789";

/// A word by which a detail is found again; it looks like nothing secret.
std::string marker_of(std::uint64_t n) {
  return "simulated-" + letters(scramble(n, 77), 6, lower_alphabet);
}

/// Secrets that no other run has, in shapes that scanners know.
std::vector<std::string> secrets_of(std::uint64_t n) {
  return {"ghp_" + letters(scramble(n, 11), 36, token_alphabet),
          letters(scramble(n, 12), 18, token_alphabet),
          letters(scramble(n, 13), 40, token_alphabet)};
}

struct provider_words {
  std::string_view text;
  std::string_view reason;
};

constexpr provider_words provider_texts[] = {
    {"HTTP 401 Unauthorized: invalid x-api-key",
     "agent_error.provider_auth_or_access"},
    {"provider answered: insufficient_quota, you exceeded your current quota",
     "agent_error.provider_quota_limit"},
    {"HTTP 429 Too Many Requests: rate limit reached",
     "agent_error.provider_capacity_or_rate_limit"},
    {"provider answered HTTP 503 Service Unavailable",
     "agent_error.provider_server_error"},
    {"dial tcp 203.0.113.7:443: connect: connection refused",
     "agent_error.provider_network"},
    {"prompt is too long: maximum context length exceeded",
     "agent_error.context_overflow"},
    {"model not found: reviewer-9",
     "agent_error.model_not_found_or_unavailable"},
};

const provider_words& provider_of(std::uint64_t n) {
  return provider_texts[scramble(n, 21) % std::size(provider_texts)];
}

std::string detail_of(behaviour what, std::uint64_t n) {
  auto tail = " (" + marker_of(n) + ")";
  if (what == behaviour::crash)
    return "[41/97] Building CXX object parser.o\n"
           "parser.cpp:212:17: error: no member named 'lexeme' in 'token'\n"
           "parser.cpp:230:3: error: expected ';' after expression\n"
           "2 errors generated.\nninja: build stopped: subcommand failed"
           + tail + ".\nexit status 1";
  if (what == behaviour::provider_failure)
    return std::string{provider_of(n).text} + tail;
  if (what == behaviour::secret_crash) {
    auto secrets = secrets_of(n);
    return "remote: using token " + secrets[0]
           + "\nfatal: cannot clone https://ci:" + secrets[1]
           + "@git.example.com/app.git" + tail
           + "\nexport AWS_SECRET_ACCESS_KEY=" + secrets[2]
           + "\nexit status 128";
  }
  if (what == behaviour::silent_noop || what == behaviour::noop_by_detail)
    return "review finished, but the comment could not be placed" + tail;
  return "the run used up its time" + tail;
}

wire_report success(std::optional<std::int64_t> posted) {
  wire_report out;
  out.status = "succeeded";
  out.posted = posted;
  return out;
}

wire_report last_report_of(behaviour what, std::uint64_t n,
                           std::uint32_t attempt) {
  wire_report out;
  switch (what) {
  case behaviour::delivered:
  case behaviour::late_success:
    return success(1 + static_cast<std::int64_t>(scramble(n, 31) % 4));
  case behaviour::clean:
    out = success(0);
    out.intended_empty = true;
    return out;
  case behaviour::silent_noop:
    out = success(0);
    out.detail = detail_of(what, n);
    return out;
  case behaviour::noop_by_detail:
    out = success(std::nullopt);
    out.detail = detail_of(what, n);
    return out;
  case behaviour::unverified:
    return success(std::nullopt);
  case behaviour::retried:
    if (attempt > 1)
      return success(1);
    out.status = "failed";
    out.failure_reason = "agent_error.provider_network";
    out.detail = "stream disconnected before completion";
    return out;
  case behaviour::timed_out:
    out.status = "timed_out";
    out.detail = detail_of(what, n);
    return out;
  case behaviour::crash:
  case behaviour::provider_failure:
  case behaviour::secret_crash:
  case behaviour::silence:
    out.status = "failed";
    out.detail = detail_of(what, n);
    return out;
  }
  return out;
}

bool holds(const std::vector<std::string>& list, const std::string& text) {
  return std::find(list.begin(), list.end(), text) != list.end();
}

} // namespace

std::string_view name_of(behaviour what) noexcept {
  return names[static_cast<std::size_t>(what)];
}

behaviour_mix parse_mix(std::string_view text) {
  behaviour_mix out;
  toml::table root;
  try {
    root = toml::parse(text);
  } catch (const toml::parse_error& error) {
    std::ostringstream what;
    what << "line " << error.source().begin.line << ": " << error.description();
    throw std::invalid_argument{what.str()};
  }
  for (const auto& [key, node] : root) {
    if (key == "weights" && node.is_table())
      read_weights(*node.as_table(), out);
    else if (key == "work" && node.is_table())
      read_work(*node.as_table(), out);
    else if (key == "seed" && node.is_integer())
      out.seed = static_cast<std::uint64_t>(node.as_integer()->get());
    else
      refuse(&node, "expected seed, [weights] or [work], not "
                        + std::string{key.str()});
  }
  if (std::accumulate(out.weights.begin(), out.weights.end(), 0U) == 0)
    refuse(nullptr, "all weights are 0");
  return out;
}

std::uint64_t scramble(std::uint64_t seed, std::uint64_t n) {
  // Two rounds of multiply and fold: plenty for a simulation.
  auto x = seed * 0x9e3779b97f4a7c15ULL + n + 0x632be59bd9b4e019ULL;
  for (int i = 0; i < 2; ++i) {
    x ^= x >> 32U;
    x *= 0xd6e8feb86659fd93ULL;
  }
  return x ^ (x >> 32U);
}

behaviour pick(const behaviour_mix& mix, std::uint64_t n) {
  std::uint64_t sum = 0;
  for (auto weight : mix.weights)
    sum += weight;
  auto at = scramble(mix.seed, n) % std::max<std::uint64_t>(sum, 1);
  for (std::size_t i = 0; i < behaviours; ++i) {
    if (at < mix.weights[i])
      return static_cast<behaviour>(i);
    at -= mix.weights[i];
  }
  return behaviour::delivered;
}

run_script script_of(const behaviour_mix& mix, behaviour what, std::uint64_t n,
                     std::uint32_t attempt) {
  run_script out;
  auto span =
      static_cast<std::uint64_t>((mix.most_work - mix.least_work).count() + 1);
  out.work = mix.least_work
             + std::chrono::milliseconds{scramble(n, 41 + attempt) % span};
  out.last = last_report_of(what, n, attempt);
  out.posts = what == behaviour::delivered && scramble(n, 51) % 2 == 0;
  out.falls_silent =
      what == behaviour::silence || what == behaviour::late_success;
  return out;
}

std::uint32_t attempts_of(behaviour what) noexcept {
  return what == behaviour::retried ? 2 : 1;
}

expectation expected_of(behaviour what, std::uint64_t n) {
  expectation out;
  out.attempts = attempts_of(what);
  out.status = last_report_of(what, n, out.attempts).status;
  out.outcome = "failed";
  switch (what) {
  case behaviour::delivered:
  case behaviour::retried:
  case behaviour::late_success:
    out.outcome = "delivered";
    break;
  case behaviour::clean:
  case behaviour::unverified:
    out.outcome = name_of(what);
    break;
  case behaviour::silent_noop:
  case behaviour::noop_by_detail:
    out.outcome = "silent_noop";
    out.marker = marker_of(n);
    break;
  case behaviour::crash:
    out.reasons = {"agent_error.process_failure"};
    out.marker = marker_of(n);
    break;
  case behaviour::provider_failure:
    out.reasons = {std::string{provider_of(n).reason}};
    out.marker = marker_of(n);
    break;
  case behaviour::secret_crash:
    out.reasons = {"agent_error.process_failure"};
    out.marker = marker_of(n);
    out.secrets = secrets_of(n);
    break;
  case behaviour::timed_out:
    out.reasons = {"timeout"};
    out.marker = marker_of(n);
    break;
  case behaviour::silence:
    out.status.clear();
    out.reasons = {"runtime_offline", "timeout"};
    break;
  }
  return out;
}

std::vector<std::string> disagreements(const expectation& wanted,
                                       const boost::json::value& told,
                                       std::string_view raw) {
  std::vector<std::string> out;
  auto status = text_at(told, "status");
  auto is_right = wanted.status.empty()
                      ? status == "failed" || status == "timed_out"
                      : status == wanted.status;
  if (!is_right)
    out.push_back("status is " + status + ", not "
                  + (wanted.status.empty() ? "a failure" : wanted.status));
  auto outcome = text_at(told, "outcome");
  if (outcome != wanted.outcome)
    out.push_back("outcome is " + (outcome.empty() ? "null" : outcome)
                  + ", not " + wanted.outcome);
  auto why = text_at(told, "failure_reason");
  if (wanted.reasons.empty() ? !why.empty() : !holds(wanted.reasons, why))
    out.push_back("failure_reason is " + (why.empty() ? "null" : why) + ", not "
                  + (wanted.reasons.empty() ? "null" : wanted.reasons.front()));
  if (!wanted.marker.empty()
      && text_at(told, "error_detail").find(wanted.marker) == std::string::npos)
    out.push_back("error_detail lost the runner's words");
  for (const auto& secret : wanted.secrets)
    if (raw.find(secret) != std::string_view::npos)
      out.push_back("a planted secret is told"); // never which
  if (text::array_at(told, "attempts").size() != wanted.attempts)
    out.push_back("it does not show " + std::to_string(wanted.attempts)
                  + " attempts");
  return out;
}

} // namespace telltale::commands
