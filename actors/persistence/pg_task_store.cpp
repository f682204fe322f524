#include "actors/persistence/pg_task_store.hpp"

#include <set>
#include <utility>

#include "actors/persistence/pg_claims.hpp"
#include "actors/persistence/pg_creates.hpp"
#include "actors/persistence/pg_masks.hpp"
#include "actors/persistence/pg_signs.hpp"
#include "actors/persistence/store_statements.hpp"
#include "actors/persistence/task_changes.hpp"

namespace telltale {

statement_list task_store_statements() {
  return create_statements() + change_statements() + claim_statements()
         + sign_statements() + mask_statements() + sweep_statements()
         + query_statements();
}

pg_task_store::pg_task_store(pg_options options)
    : rules_(options.rules), told_(options.told),
      db_(std::move(options), task_store_statements()),
      changes_(db_, rules_, told_) {}

std::unique_ptr<task_store> make_pg_task_store(pg_options options) {
  return std::make_unique<pg_task_store>(std::move(options));
}

caf::expected<std::vector<event_facts>>
pg_task_store::apply(std::vector<report_flight>& batch) {
  touch_runners(batch);
  if (auto kept = keep_masks(batch); !kept)
    return std::move(kept.error());
  report_changes changes{batch};
  return changes_.run(changes);
}

caf::expected<committed<tasks_returned>>
pg_task_store::give_back(const return_tasks& what) {
  return_changes changes{what};
  auto facts = changes_.run(changes);
  if (!facts)
    return std::move(facts.error());
  committed<tasks_returned> result;
  result.facts = std::move(*facts);
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
  auto facts = changes_.run(changes);
  if (!facts)
    return std::move(facts.error());
  committed<std::vector<heart_beaten>> result;
  result.facts = std::move(*facts);
  result.answer = changes.answers(signs.now + rules_->get()->lease);
  for (std::size_t i = 0; i < what.size(); ++i)
    result.answer[i].runner_returned =
        signs.returned.contains(what[i].runner.value);
  return result;
}

caf::expected<committed<task_changed>>
pg_task_store::change(task_id task, task_status wanted,
                      person_decision decide) {
  bool doubted = false;
  plain_changes changes{
      {task},
      true,
      [&](std::size_t, task_snapshot found, const decision_context& context) {
        if (doubted && found.task.status == wanted) {
          transition done; // by the write whose answer was lost
          done.task = std::move(found.task);
          return done;
        }
        return decide(std::move(found), context);
      },
      [&] { doubted = true; }};
  auto facts = changes_.run(changes);
  if (!facts)
    return std::move(facts.error());
  const auto& done = changes.result(0);
  if (done.result != ec::none)
    return make_error(done.result, "task " + to_string(task));
  committed<task_changed> result;
  result.answer.task = done.task;
  result.facts = std::move(*facts);
  return result;
}

caf::expected<committed<task_changed>>
pg_task_store::cancel(const cancel_task& what) {
  return change(what.task, task_status::cancelled, decide_cancel);
}

caf::expected<committed<task_changed>>
pg_task_store::retry(const retry_task& what) {
  return change(what.task, task_status::queued, decide_retry);
}

} // namespace telltale
