#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "actors/persistence/store.hpp"
#include "messages/status_report.hpp"
#include "messages/store.hpp"

namespace telltale {

/// A task store with its surroundings, so that one test serves several stores.
class task_world {
public:
  virtual ~task_world() = default;

  [[nodiscard]] virtual std::string name() const = 0;
  [[nodiscard]] virtual task_store& store() = 0;
  /// Lets time pass at once.
  virtual void advance(std::chrono::milliseconds span) = 0;
  /// How many events of this type the task has.
  [[nodiscard]] virtual std::size_t told(task_id task,
                                         std::string_view type) = 0;

  /// A task that is queued. Throws if the store refuses.
  task_record create(std::uint32_t max_attempts = 2);
  task_record create(task_record wanted, std::string key = {});
  /// The task claimed by this runner, and no other.
  task_record claim(const std::string& runner = "r1");
  /// One report in a call of its own.
  pending_report report(apply_status what);
  task_found find(task_id task);
  tasks_swept sweep(sweep_kind kind, std::chrono::milliseconds threshold,
                    const std::string& runner = {});
  std::vector<task_id> beat(const std::string& runner,
                            std::vector<held_task> tasks);
};

/// Empty worlds: in memory, and on PostgreSQL.
[[nodiscard]] std::unique_ptr<task_world> make_memory_world();
[[nodiscard]] std::unique_ptr<task_world> make_postgres_world();

/// Runs a test on both, then checks the truth invariants. True if they hold.
[[nodiscard]] bool in_both_worlds(const std::function<void(task_world&)>& test);

/// A report of this status; `why` is set on failures.
[[nodiscard]] apply_status saying(task_id task, task_status status,
                                  std::string detail = {});
[[nodiscard]] redacted_text clean(std::string text);

} // namespace telltale
