#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "commands/client/runner_client.hpp"

namespace telltale::commands {

/// How a simulated run goes.
enum class behaviour : std::uint8_t {
  delivered,        ///< succeeds and says what it posted
  clean,            ///< succeeds, rightly with nothing to post
  silent_noop,      ///< succeeds, posted nothing
  noop_by_detail,   ///< succeeds with a detail, says nothing of posting
  unverified,       ///< succeeds and says nothing
  crash,            ///< fails like a compiler
  provider_failure, ///< fails in the words of a model provider, without a
                    ///< reason
  secret_crash,     ///< fails with secrets in its last words
  retried,          ///< fails once for a passing reason, then delivers
  timed_out,        ///< reports its own timeout
  silence,          ///< stops reporting; the reaper has to find it
  late_success,     ///< falls silent, is reaped, then reports a success
};

inline constexpr std::size_t behaviours = 12;

[[nodiscard]] std::string_view name_of(behaviour what) noexcept;

/// What share of the tasks goes how, and how long a run takes.
struct behaviour_mix {
  std::array<std::uint32_t, behaviours> weights{50, 10, 8, 3, 3, 9,
                                                6,  4,  4, 2, 1, 0};
  std::chrono::milliseconds least_work{50};
  std::chrono::milliseconds most_work{400};
  std::uint64_t seed = 1;
};

/// Reads a scenario file's text:
///
///     seed = 7
///     [weights]          # behaviours that are not named do not happen
///     delivered = 50
///     crash = 10
///     [work]
///     least = "50ms"
///     most = "400ms"
///
/// Throws `std::invalid_argument` with what is wrong and where.
[[nodiscard]] behaviour_mix parse_mix(std::string_view toml);

/// The behaviour of the n-th task; the same for the same mix.
[[nodiscard]] behaviour pick(const behaviour_mix& mix, std::uint64_t n);

/// A number that looks random and depends on its arguments alone.
[[nodiscard]] std::uint64_t scramble(std::uint64_t seed, std::uint64_t n);

/// What one attempt of a simulated run does.
struct run_script {
  std::chrono::milliseconds work{};
  bool posts = false;        ///< reports `posting_result` before the end
  bool falls_silent = false; ///< after its `running` report
  wire_report last; ///< the final report; of late_success: the late one
};

[[nodiscard]] run_script script_of(const behaviour_mix& mix, behaviour what,
                                   std::uint64_t n, std::uint32_t attempt);

/// How many attempts such a task is created with.
[[nodiscard]] std::uint32_t attempts_of(behaviour what) noexcept;

/// What the service must tell of a task in the end.
struct expectation {
  std::string status; ///< empty: `failed` or `timed_out`
  std::string outcome;
  std::vector<std::string> reasons; ///< one of them; empty: none (null)
  std::string marker; ///< must be in error_detail; empty: no check
  std::vector<std::string> secrets; ///< must be nowhere in the answer
  std::uint32_t attempts = 1;
};

[[nodiscard]] expectation expected_of(behaviour what, std::uint64_t n);

/// What `told` (the answer of GET /tasks/{id}, its text in `raw`) says
/// otherwise, one sentence each; empty: it is true.
[[nodiscard]] std::vector<std::string>
disagreements(const expectation& wanted, const boost::json::value& told,
              std::string_view raw);

} // namespace telltale::commands
