#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <pqxx/pqxx>

#include "tests/support/answer_cutter.hpp"
#include "tests/support/lifecycle_laws.hpp"
#include "tests/support/lifecycle_script.hpp"
#include "tests/support/memory_task_store.hpp"
#include "tests/support/postgres_fixture.hpp"

namespace telltale {

using task_stories = std::map<task_id, task_story>;

/// What a database holds of its tasks.
[[nodiscard]] task_stories read_stories(pqxx::connection& link);
[[nodiscard]] task_stories read_stories(const std::string& url);

/// Plays random lives of a few tasks on a real store and on the pure model of
/// the lifecycle, side by side. After each step both must hold the same rows
/// and tell the same events, and no law may be broken. The database's clock
/// jumps by making everything older.
///
/// Commands of all kinds, both dialects' reports, clocks that jump, stores that
/// start anew, backends that are killed, and answers that are lost on their
/// way.
class lifecycle_model {
public:
  lifecycle_model();
  ~lifecycle_model();
  lifecycle_model(const lifecycle_model&) = delete;
  lifecycle_model& operator=(const lifecycle_model&) = delete;

  /// Plays the life of this seed from an empty database on. Empty, or what went
  /// wrong and the steps that led to it.
  [[nodiscard]] std::string play(std::uint64_t seed);

  [[nodiscard]] std::uint64_t steps() const noexcept { return steps_; }
  [[nodiscard]] int cuts() const { return line_.cuts(); }

private:
  void begin(bool through_line);
  void restart();
  void step(const lifecycle_step& what);
  void jump(std::chrono::seconds span);
  void arm(const lifecycle_step& what);
  void compare(const lifecycle_step& what);
  [[nodiscard]] task_stories read_modelled() const;

  postgres_fixture database_;
  answer_cutter line_;
  std::unique_ptr<pqxx::connection> eye_; ///< looks at what is stored
  task_rules rules_;
  pg_options options_;
  std::unique_ptr<task_store> store_;
  std::shared_ptr<memory_database> memory_;
  std::unique_ptr<memory_task_store> model_;
  task_stories before_;
  std::uint64_t steps_ = 0;
  bool through_line_ = false;
};

} // namespace telltale
