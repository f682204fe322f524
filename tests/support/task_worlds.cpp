#include "tests/support/task_worlds.hpp"

#include <iostream>
#include <stdexcept>
#include <utility>

#include "actors/persistence/persistence.hpp"
#include "actors/persistence/stored_text.hpp"
#include "tests/support/memory_task_store.hpp"
#include "tests/support/postgres_fixture.hpp"

namespace telltale {

namespace {

template <class T> T need(caf::expected<T> answer) {
  if (!answer)
    throw std::runtime_error{explain(answer.error())};
  return std::move(*answer);
}

class memory_world final : public task_world {
public:
  std::string name() const override { return "memory"; }
  task_store& store() override { return store_; }
  void advance(std::chrono::milliseconds span) override { db_->now += span; }
  std::size_t told(task_id task, std::string_view type) override {
    std::size_t count = 0;
    for (const auto& event : db_->events)
      if (event.task == task && to_string(event.type) == type)
        ++count;
    return count;
  }

private:
  std::shared_ptr<memory_database> db_ = std::make_shared<memory_database>();
  memory_task_store store_{db_, task_rules{}};
};

/// One database for all tests of a program, emptied before each.
const postgres_fixture& database() {
  static const postgres_fixture shared;
  return shared;
}

class postgres_world final : public task_world {
public:
  postgres_world() {
    database().execute(
        "TRUNCATE tasks, task_masks, attempts, events, runners, chat_sessions, "
        "deliveries, claimed_kinds, mutes");
    restart();
  }

  std::string name() const override { return "postgres"; }
  task_store& store() override { return *store_; }

  /// The database's clock cannot be moved, so everything grows older; a store
  /// that was there before would remember other times.
  void advance(std::chrono::milliseconds span) override {
    const auto past =
        " - interval '" + std::to_string(span.count()) + " milliseconds'";
    const auto shift = [&](std::initializer_list<const char*> columns) {
      std::string sql;
      for (const std::string column : columns)
        sql += (sql.empty() ? "" : ", ") + column + " = " + column + past;
      return sql;
    };
    database().execute(
        "UPDATE tasks SET "
        + shift({"created_at", "run_after", "started_at", "completed_at",
                 "lease_expires_at"})
        + "; UPDATE attempts SET " + shift({"started_at", "ended_at"})
        + "; UPDATE events SET " + shift({"occurred_at"})
        + "; UPDATE claimed_kinds SET " + shift({"claimed_at"})
        + "; UPDATE runners SET " + shift({"first_seen_at", "last_seen_at"}));
    restart();
  }

  std::size_t told(task_id task, std::string_view type) override {
    return std::stoul(database().ask(
        "SELECT count(*) FROM events WHERE task_id = '" + to_string(task)
        + "' AND type = '" + std::string{type} + "'"));
  }

private:
  void restart() {
    pg_options options;
    options.url = database().url();
    store_ = make_pg_task_store(options);
  }

  std::unique_ptr<task_store> store_;
};

const char* sentinel_reason(sweep_kind kind) {
  switch (kind) {
  case sweep_kind::queue_ttl:
    return "queued_expired";
  case sweep_kind::runner_offline:
  case sweep_kind::deregistered:
    return "runtime_offline";
  case sweep_kind::reconnect:
    return "runtime_reconnect_timeout";
  case sweep_kind::lease:
  case sweep_kind::wall_clock:
    return "timeout";
  case sweep_kind::recovery:
    return "runtime_recovery";
  case sweep_kind::retry_not_taken:
    return "queued_expired";
  }
  return "timeout";
}

} // namespace

task_record task_world::create(std::uint32_t max_attempts) {
  task_record wanted;
  wanted.id = task_id{make_uuid_v7()};
  wanted.kind = "review";
  wanted.max_attempts = max_attempts;
  return create(std::move(wanted));
}

task_record task_world::create(task_record wanted, std::string key) {
  return need(store().create({std::move(wanted), std::move(key)})).answer.task;
}

task_record task_world::claim(const std::string& runner) {
  auto claimed = need(store().claim({{runner}, {}, 1})).answer.tasks;
  if (claimed.size() != 1)
    throw std::runtime_error{"there was nothing to claim"};
  return claimed.front();
}

pending_report task_world::report(apply_status what) {
  std::vector<pending_report> batch(1);
  batch[0].ready = std::move(what);
  need(store().apply(batch));
  return std::move(batch[0]);
}

task_found task_world::find(task_id task) {
  return need(store().find({task}));
}

tasks_swept task_world::sweep(sweep_kind kind,
                              std::chrono::milliseconds threshold,
                              const std::string& runner) {
  sweep_tasks what;
  what.kind = kind;
  what.threshold = threshold;
  what.failure_reason = failure_reason{sentinel_reason(kind)};
  what.sentinel = redacted_text::from_platform("the platform says so");
  what.runner = {runner};
  if (kind == sweep_kind::lease) {
    what.status = task_status::timed_out;
    what.unheard = {failure_reason{reason::runtime_offline}, what.sentinel,
                    task_status::failed};
  }
  return need(store().sweep(what)).answer;
}

std::vector<task_id> task_world::beat(const std::string& runner,
                                      std::vector<held_task> tasks) {
  const beat_heart beat{{runner}, std::move(tasks)};
  return need(store().beat({beat})).answer.front().stop;
}

std::unique_ptr<task_world> make_memory_world() {
  return std::make_unique<memory_world>();
}

std::unique_ptr<task_world> make_postgres_world() {
  return std::make_unique<postgres_world>();
}

bool in_both_worlds(const std::function<void(task_world&)>& test) {
  bool truthful = true;
  for (auto* make : {make_memory_world, make_postgres_world}) {
    const auto world = make();
    try {
      test(*world);
    } catch (const std::exception& e) {
      throw std::runtime_error{world->name() + ": " + e.what()};
    }
    check_truth everything;
    everything.window = std::chrono::hours{24 * 3650};
    const auto checked = need(world->store().check(everything));
    if (checked.violations > 0)
      std::cerr << world->name() << ": " << checked.first << '\n';
    truthful = truthful && checked.violations == 0;
  }
  return truthful;
}

apply_status saying(task_id task, task_status status, std::string detail) {
  apply_status report;
  report.task = task;
  report.status = status;
  report.detail = clean(std::move(detail));
  report.telling_line = report.detail;
  if (is_failure(status))
    report.failure_reason = status == task_status::timed_out
                                ? failure_reason{reason::timeout}
                                : failure_reason{reason::agent_process_failure};
  return report;
}

redacted_text clean(std::string text) {
  return stored_text::from_store(std::move(text));
}

} // namespace telltale
