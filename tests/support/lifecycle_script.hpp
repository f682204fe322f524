#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <random>
#include <string>
#include <variant>
#include <vector>

#include "actors/persistence/persistence.hpp"
#include "tests/support/lifecycle_laws.hpp"

namespace telltale {

/// Time passes, at once.
struct clock_jump {
  std::chrono::seconds span{};
};

/// The process ends and starts again: a store without memory.
struct store_crash {};

/// A claim whose client is gone by the time of its answer.
struct lost_claim {
  claim_tasks what;
};

/// A daemon's report about the attempt of this number, which it knows by its
/// id.
struct daemon_word {
  apply_status what; ///< names no attempt
  std::uint32_t number = 1;
};

/// The database ends the store's session; the store notices at its next call.
struct backend_kill {};

/// One step of a random life.
struct lifecycle_step {
  using command =
      std::variant<create_task, std::vector<apply_status>, claim_tasks,
                   beat_heart, cancel_task, retry_task, sweep_tasks, clock_jump,
                   store_crash, backend_kill, lost_claim, daemon_word>;
  command what;
  /// Its answer is lost between the database and the store.
  bool loses_answer = false;
};

/// For people: what a step does.
[[nodiscard]] std::string describe(const lifecycle_step& step);

/// The rules that scripts are played by: every edge of time lies between the
/// steps of the clock, so that a slow machine changes nothing.
[[nodiscard]] task_rules lifecycle_rules();

/// Random steps, the same for the same seed and the same tasks.
class lifecycle_script {
public:
  explicit lifecycle_script(std::uint64_t seed) : random_(seed) {}

  [[nodiscard]] std::uint32_t length() { return 20 + below(20); }

  /// A step that has a chance to matter for these tasks.
  [[nodiscard]] lifecycle_step next(const std::vector<task_record>& tasks);

  [[nodiscard]] std::uint32_t below(std::uint32_t limit) {
    return static_cast<std::uint32_t>(random_() % limit);
  }

private:
  [[nodiscard]] bool chance(std::uint32_t percent) {
    return below(100) < percent;
  }
  [[nodiscard]] runner_id runner();
  [[nodiscard]] redacted_text text();
  [[nodiscard]] failure_reason why();
  [[nodiscard]] create_task create();
  [[nodiscard]] std::optional<std::uint32_t> attempt_of(const task_record&);
  [[nodiscard]] apply_status report(const task_record& about);
  [[nodiscard]] apply_status job_report(const task_record& about);
  [[nodiscard]] std::vector<apply_status>
  reports(const std::vector<task_record>& tasks);
  [[nodiscard]] daemon_word daemon_says(const std::vector<task_record>& tasks);
  [[nodiscard]] claim_tasks claim();
  [[nodiscard]] beat_heart beat(const std::vector<task_record>& tasks);
  [[nodiscard]] sweep_tasks sweep();

  std::mt19937_64 random_;
  std::vector<apply_status> said_; ///< to be said again
};

} // namespace telltale
