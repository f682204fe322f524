#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "commands/simulate/simulate_dialect.hpp"
#include "commands/simulate/simulate_mix.hpp"

namespace telltale::commands {

/// What `telltale simulate` was asked to do.
struct simulation_options {
  service_address service;
  std::uint32_t runners = 10;
  std::uint64_t tasks = 100;
  std::chrono::seconds
      spread{}; ///< tasks are created over this time; 0: at once
  std::chrono::seconds patience{30};     ///< for what is still open after that
  std::chrono::milliseconds beat{5'000}; ///< between a runner's heartbeats
  std::string kind;                      ///< empty: one of this run alone
  std::string chat_session;
  behaviour_mix mix;
  dialect speaks = dialect::native;
  bool shows_progress = false; ///< on stderr
};

/// How long one kind of call took.
struct latencies {
  std::vector<std::chrono::microseconds> all;

  /// The nearest-rank percentile; 0 if there is none. Sorts.
  [[nodiscard]] std::chrono::microseconds percentile(double share);
};

/// What a simulation found.
struct simulation_result {
  std::chrono::milliseconds took{};
  std::map<std::string, latencies> calls;    ///< by the kind of call
  std::map<std::string, std::uint64_t> made; ///< tasks by behaviour
  std::uint64_t created = 0;
  std::uint64_t checked = 0;
  std::uint64_t unsettled = 0;   ///< silent ones that were not reaped in time
  std::uint64_t pushed_back = 0; ///< answers that asked to come again
  std::vector<std::string> troubles; ///< calls that failed in the end
  std::vector<std::string> lies;     ///< told otherwise than reported

  [[nodiscard]] bool is_true() const noexcept {
    return troubles.empty() && lies.empty() && created > 0
           && checked + unsettled == created;
  }
};

/// Runs the simulation. Blocks; one thread drives all runners.
[[nodiscard]] simulation_result run_simulation(const simulation_options& what);

[[nodiscard]] std::string as_table(simulation_result& result);
[[nodiscard]] std::string as_json(simulation_result& result);

} // namespace telltale::commands
