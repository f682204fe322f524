#include "actors/persistence/postgres/pg_task_store.hpp"

#include <set>
#include <utility>

#include "actors/persistence/lifecycle/task_changes.hpp"
#include "actors/persistence/postgres/pg_claims.hpp"
#include "actors/persistence/postgres/pg_creates.hpp"
#include "actors/persistence/postgres/pg_masks.hpp"
#include "actors/persistence/postgres/pg_runtimes.hpp"
#include "actors/persistence/postgres/pg_signs.hpp"
#include "actors/persistence/postgres/store_statements.hpp"

namespace telltale {

namespace {

statement_list report_statements() {
  return change_statements() + sign_statements() + mask_statements();
}

statement_list command_statements() {
  return create_statements() + change_statements();
}

statement_list dispatch_statements() {
  return claim_statements() + change_statements() + sign_statements()
         + mask_statements();
}

statement_list heartbeat_statements() {
  return change_statements() + sign_statements() + runtime_statements();
}

statement_list sweeper_statements() {
  return sweep_statements() + change_statements() + mask_statements();
}

} // namespace

statement_list task_store_statements() {
  return create_statements() + change_statements() + claim_statements()
         + sign_statements() + mask_statements() + sweep_statements()
         + query_statements() + runtime_statements();
}

pg_task_store::pg_task_store(pg_options options)
    : pg_task_store(std::move(options), task_store_statements()) {}

pg_task_store::pg_task_store(pg_options options, statement_list statements)
    : db_(options, std::move(statements)),
      changes_(db_, std::move(options.rules)) {}

std::unique_ptr<task_store> make_pg_task_store(pg_options options) {
  return std::make_unique<pg_task_store>(std::move(options));
}

std::unique_ptr<report_writer> make_pg_report_writer(pg_options options) {
  return std::make_unique<pg_task_store>(std::move(options),
                                         report_statements());
}

std::unique_ptr<task_command_store> make_pg_task_commands(pg_options options) {
  return std::make_unique<pg_task_store>(std::move(options),
                                         command_statements());
}

std::unique_ptr<claim_store> make_pg_claims(pg_options options) {
  return std::make_unique<pg_task_store>(std::move(options),
                                         dispatch_statements());
}

std::unique_ptr<heartbeats> make_pg_heartbeats(pg_options options) {
  return std::make_unique<pg_task_store>(std::move(options),
                                         heartbeat_statements());
}

std::unique_ptr<sweeper> make_pg_sweeper(pg_options options) {
  return std::make_unique<pg_task_store>(std::move(options),
                                         sweeper_statements());
}

std::unique_ptr<task_reader> make_pg_task_reader(pg_options options) {
  return std::make_unique<pg_task_store>(std::move(options),
                                         query_statements());
}

std::unique_ptr<chat_bindings> make_pg_chat_bindings(pg_options options) {
  return std::make_unique<pg_task_store>(std::move(options), statement_list{});
}

caf::expected<std::vector<committed_event>>
pg_task_store::apply(std::vector<pending_report>& batch) {
  touch_runners(runners_named(batch));
  if (auto kept = keep_masks(batch); !kept)
    return std::move(kept.error());
  report_changes changes{batch};
  auto events = changes_.run(changes);
  touch_runners(changes.heard());
  return events;
}

caf::expected<committed<tasks_returned>>
pg_task_store::give_back(const return_tasks& what) {
  return_changes changes{what};
  auto events = changes_.run(changes);
  if (!events)
    return std::move(events.error());
  committed<tasks_returned> result;
  result.events = std::move(*events);
  result.answer.returned = changes.returned();
  return result;
}

caf::expected<committed<std::vector<heart_beaten>>>
pg_task_store::beat(const std::vector<beat_heart>& what) {
  std::set<std::string> runners;
  for (const auto& beat : what)
    if (!beat.runner.empty())
      runners.insert(beat.runner.value);
  runner_signs signs;
  if (!runners.empty()) {
    auto touched =
        db_.run([&](pqxx::connection& link) { return touch(link, runners); });
    if (!touched)
      return std::move(touched.error());
    signs = std::move(*touched);
  }
  beat_changes changes{what};
  auto events = changes_.run(changes);
  if (!events)
    return std::move(events.error());
  committed<std::vector<heart_beaten>> result;
  result.events = std::move(*events);
  result.answer = changes.answers(signs.now + changes_.rules().lease);
  for (std::size_t i = 0; i < what.size(); ++i)
    result.answer[i].runner_returned =
        signs.returned.contains(what[i].runner.value);
  return result;
}

caf::expected<committed<task_changed>>
pg_task_store::change(task_id task, task_status wanted,
                      person_decision decide) {
  plain_changes changes{
      {task},
      true,
      [&](std::size_t, task_snapshot found, const decision_context& context,
          bool doubted) {
        if (doubted && found.task.status == wanted) {
          transition done; // by the write whose answer was lost
          done.task = std::move(found.task);
          return done;
        }
        return decide(std::move(found), context);
      }};
  auto events = changes_.run(changes);
  if (!events)
    return std::move(events.error());
  const auto& done = changes.result(0);
  if (done.result != ec::none)
    return make_error(done.result, "task " + to_string(task));
  committed<task_changed> result;
  result.answer.task = done.task;
  result.events = std::move(*events);
  return result;
}

caf::expected<committed<task_changed>>
pg_task_store::cancel(const cancel_task& what) {
  return change(what.task, task_status::cancelled, decide_cancel);
}

caf::expected<committed<task_changed>>
pg_task_store::retry(const retry_task& what) {
  return change(what.task, task_status::queued,
                what.dispatched ? decide_dispatch : decide_retry);
}

} // namespace telltale
