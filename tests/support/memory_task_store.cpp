#include "tests/support/memory_task_store.hpp"

#include <algorithm>
#include <set>
#include <tuple>

#include "actors/persistence/lifecycle/routes.hpp"
#include "actors/persistence/lifecycle/runner_signs.hpp"
#include "actors/persistence/lifecycle/task_changes.hpp"

namespace telltale {

namespace {

bool is_due(const task_record& task, timestamp now) {
  return task.status == task_status::queued
         && task.run_after.value_or(now) <= now;
}

/// Its place in the queue.
timestamp queued_since(const task_record& task) {
  return std::max(task.created_at, task.run_after.value_or(task.created_at));
}

/// May this claim have the task at all?
bool is_wanted(const task_record& task, const claim_tasks& what) {
  const bool has_kind =
      what.kinds.empty()
      || std::ranges::find(what.kinds, task.kind) != what.kinds.end();
  if (task.dispatched)
    return false;
  if (task.wanted_runner.empty())
    return has_kind;
  return task.wanted_runner == what.runner
         && (has_kind || what.wanted_of_any_kind);
}

} // namespace

memory_task_store::memory_task_store(std::shared_ptr<memory_database> db,
                                     task_rules rules, double chance)
    : db_(std::move(db)), rules_(std::move(rules)), chance_(chance) {}

decision_context memory_task_store::context() {
  return {db_->now, rules_.lease, &rules_.retry, chance_,
          attempt_id{make_uuid_v7()}};
}

task_snapshot memory_task_store::snapshot(const task_record& task,
                                          std::uint32_t attempt) const {
  task_snapshot found;
  found.task = task;
  const auto row =
      db_->attempts.find({task.id, attempt > 0 ? attempt : task.attempt});
  if (row != db_->attempts.end())
    found.attempt = row->second;
  for (const auto& kind : {std::string{}, task.kind})
    if (const auto claimed = db_->claimed_kinds.find(kind);
        claimed != db_->claimed_kinds.end()
        && claimed->second > db_->now - std::chrono::hours{24})
      found.kind_is_claimed = true;
  if (const auto masks = db_->masks.find(task.id); masks != db_->masks.end())
    found.masks = masks->second.count;
  return found;
}

void memory_task_store::write(transition& plan,
                              std::vector<committed_event>& facts) {
  if (plan.event) {
    plan.event->id = event_id{make_uuid_v7()};
    if (plan.event->type == event_type::task_amended)
      plan.event->amended = last_failure(plan.task.id);
    const auto chats =
        choose_chats(routed_task_of(*plan.event, plan.task.labels),
                     chat_of(plan.task), rules_.routes);
    plan.targets = choose_targets(*plan.event, chats, rules_.relays);
    if (const auto chat = chat_of(plan.task); chat && is_follow_up(*plan.event))
      plan.targets.push_back({*chat, true});
    note_untold(plan);
  }
  if (plan.writes_task) {
    ++plan.task.version;
    db_->tasks[plan.task.id] = plan.task;
  }
  if (plan.attempt)
    db_->attempts[{plan.task.id, plan.attempt->number}] = *plan.attempt;
  if (plan.late) {
    const auto row = db_->attempts.find({plan.task.id, plan.late->number});
    if (row != db_->attempts.end())
      row->second.late = plan.late->report;
  }
  if (plan.event) {
    db_->events.push_back({*plan.event, 0, {}, {}});
    facts.push_back(db_->events.back());
  }
}

std::optional<chat_binding>
memory_task_store::chat_of(const task_record& task) const {
  const auto chat = db_->chats.find(task.chat_session.value);
  return chat == db_->chats.end() ? std::nullopt : std::optional{chat->second};
}

std::optional<event_id>
memory_task_store::last_failure(const task_id& task) const {
  const auto found =
      std::find_if(db_->events.rbegin(), db_->events.rend(),
                   [&](const committed_event& event) {
                     return event.task == task
                            && (event.type == event_type::task_failed
                                || event.type == event_type::task_amended);
                   });
  return found == db_->events.rend() ? std::nullopt : std::optional{found->id};
}

std::vector<committed_event> memory_task_store::run(change_batch& batch) {
  std::vector<committed_event> facts;
  for (std::size_t i = 0; i < batch.size(); ++i) {
    const auto task = db_->tasks.find(batch.task(i));
    if (task == db_->tasks.end()) {
      batch.refuse(i, ec::task_not_found);
      continue;
    }
    auto plan =
        batch.decide(i, snapshot(task->second, batch.attempt(i)), context());
    write(plan, facts);
    batch.settle(i, std::move(plan));
  }
  return facts;
}

std::optional<timestamp> memory_task_store::note_sign(const runner_id& runner) {
  std::optional<timestamp> stored;
  if (const auto known = db_->runners.find(runner.value);
      known != db_->runners.end())
    stored = known->second;
  if (is_sign_due(stored, db_->now, rules_.runner_silence))
    db_->runners[runner.value] = db_->now;
  return stored;
}

bool memory_task_store::touch(const runner_id& runner) {
  const bool returned =
      has_returned(note_sign(runner), db_->now, rules_.runner_silence);
  if (returned)
    for (auto& [id, task] : db_->tasks)
      if (task.awaits_runner && task.runner == runner)
        task.awaits_runner = false;
  return returned;
}

caf::expected<std::vector<committed_event>>
memory_task_store::apply(std::vector<pending_report>& batch) {
  for (const auto& runner : runners_named(batch))
    note_sign(runner);
  for (std::size_t i = 0; i < batch.size(); ++i) {
    auto& ready = batch[i].ready;
    if (ready.mask.empty() || !db_->tasks.contains(ready.task))
      continue;
    add_mask(ready.task, ready.mask);
    count_own_mask(batch, i);
  }
  report_changes changes{batch};
  auto facts = run(changes);
  for (const auto& runner : changes.heard())
    note_sign(runner);
  return facts;
}

void memory_task_store::add_mask(task_id task, const sealed_masks& mask) {
  auto& known = db_->masks[task];
  known.task = task;
  ++known.count;
  known.sealed.push_back(mask);
}

caf::expected<std::vector<task_masks>>
memory_task_store::masks(const std::vector<task_id>& tasks) {
  std::vector<task_masks> found;
  for (const auto& task : tasks)
    if (const auto known = db_->masks.find(task); known != db_->masks.end())
      found.push_back(known->second);
  return found;
}

caf::expected<committed<std::vector<caf::expected<task_created>>>>
memory_task_store::create_all(std::span<const create_task> calls) {
  committed<std::vector<caf::expected<task_created>>> result;
  for (const auto& what : calls)
    result.answer.emplace_back(create_one(what, result.events));
  return result;
}

std::vector<tell_target>
memory_task_store::tells(const task_record& task) const {
  return tells_of(
      choose_chats(routed_task_of(task), chat_of(task), rules_.routes));
}

task_created
memory_task_store::create_one(const create_task& what,
                              std::vector<committed_event>& facts) {
  const auto& key = what.idempotency_key;
  const auto known = db_->idempotency_keys.find(key);
  if (!key.empty() && known != db_->idempotency_keys.end())
    return {db_->tasks.at(known->second), true,
            tells(db_->tasks.at(known->second))};
  auto plan = decide_create(what.task, context());
  plan.task.version = 0; // the first write makes it 1
  write(plan, facts);
  if (!key.empty())
    db_->idempotency_keys[key] = plan.task.id;
  auto told = tells(plan.task);
  return {std::move(plan.task), false, std::move(told)};
}

caf::expected<committed<std::vector<caf::expected<tasks_claimed>>>>
memory_task_store::claim_all(std::span<const claim_tasks> calls) {
  committed<std::vector<caf::expected<tasks_claimed>>> result;
  for (const auto& what : calls)
    result.answer.emplace_back(claim_one(what, result.events));
  return result;
}

tasks_claimed
memory_task_store::claim_one(const claim_tasks& what,
                             std::vector<committed_event>& facts) {
  tasks_claimed result;
  touch(what.runner);
  for (const auto& kind : what.kinds)
    db_->claimed_kinds[kind] = db_->now;
  if (what.kinds.empty())
    db_->claimed_kinds[{}] = db_->now;
  std::vector<const task_record*> due;
  for (const auto& [id, task] : db_->tasks) {
    if (task.status != task_status::queued || !is_wanted(task, what))
      continue;
    if (is_due(task, db_->now))
      due.push_back(&task);
    else if (!result.next_due || *task.run_after < *result.next_due)
      result.next_due = task.run_after;
  }
  if (!due.empty())
    result.next_due.reset();
  std::ranges::sort(due, [](const auto* a, const auto* b) {
    return std::tuple{a->wanted_runner.empty(), -a->priority, queued_since(*a)}
           < std::tuple{b->wanted_runner.empty(), -b->priority,
                        queued_since(*b)};
  });
  due.resize(std::min<std::size_t>(due.size(), what.limit));
  for (const auto* task : due) {
    if (!what.mask.empty())
      add_mask(task->id, what.mask);
    auto plan = decide_claim(snapshot(*task), what.runner, context());
    write(plan, facts);
    result.tasks.push_back(std::move(plan.task));
  }
  return result;
}

caf::expected<committed<tasks_returned>>
memory_task_store::give_back(const return_tasks& what) {
  return_changes changes{what};
  committed<tasks_returned> result;
  result.events = run(changes);
  result.answer.returned = changes.returned();
  return result;
}

caf::expected<committed<std::vector<heart_beaten>>>
memory_task_store::beat(const std::vector<beat_heart>& what) {
  beat_changes changes{what};
  std::set<std::string> returned;
  for (const auto& beat : what)
    if (!beat.runner.empty() && touch(beat.runner))
      returned.insert(beat.runner.value);
  committed<std::vector<heart_beaten>> result;
  result.events = run(changes);
  result.answer = changes.answers(db_->now + rules_.lease);
  for (std::size_t i = 0; i < what.size(); ++i)
    result.answer[i].runner_returned = returned.contains(what[i].runner.value);
  return result;
}

caf::expected<runtimes_found>
memory_task_store::enroll(const register_runtimes& what) {
  runtimes_found result{what.runtimes};
  for (auto& one : result.runtimes) {
    one.id = {one.workspace.value + "/" + one.daemon + "/" + one.provider};
    db_->runtimes[one.id.value] = one;
    touch(one.id);
  }
  return result;
}

caf::expected<runtimes_found>
memory_task_store::leave(const deregister_runtimes& what) {
  auto left = runtimes(find_runtimes{what.ids});
  for (const auto& one : left->runtimes)
    db_->runtimes.erase(one.id.value);
  return left;
}

caf::expected<runtimes_found>
memory_task_store::runtimes(const find_runtimes& what) {
  runtimes_found result;
  for (const auto& id : what.ids)
    if (const auto at = db_->runtimes.find(id.value); at != db_->runtimes.end())
      result.runtimes.push_back(at->second);
  return result;
}

caf::expected<committed<task_changed>>
memory_task_store::change(task_id task, person_decision decide) {
  plain_changes changes{{task},
                        true,
                        [&](std::size_t, task_snapshot found,
                            const decision_context& c,
                            bool) { return decide(std::move(found), c); }};
  committed<task_changed> result;
  result.events = run(changes);
  const auto& done = changes.result(0);
  if (done.result != ec::none)
    return make_error(done.result, "task " + to_string(task));
  result.answer.task = done.task;
  return result;
}

caf::expected<committed<task_changed>>
memory_task_store::cancel(const cancel_task& what) {
  return change(what.task, decide_cancel);
}

caf::expected<committed<task_changed>>
memory_task_store::retry(const retry_task& what) {
  return change(what.task, what.dispatched ? decide_dispatch : decide_retry);
}

bool memory_task_store::is_silent(const task_record& task,
                                  const sweep_tasks& what) const {
  const auto edge = db_->now - what.threshold;
  const bool off = what.threshold <= std::chrono::milliseconds{0};
  const auto seen = db_->runners.find(task.runner.value);
  const bool known = seen != db_->runners.end();
  const bool active = is_active(task.status);
  const bool queued = task.status == task_status::queued;
  switch (what.kind) {
  case sweep_kind::queue_ttl:
    return !off && queued && !task.awaits_runner
           && (task.attempt == 0 || !task.failure_reason)
           && std::max(task.created_at,
                       task.run_after.value_or(task.created_at))
                  < edge;
  case sweep_kind::reconnect:
    return !off && queued && task.awaits_runner && task.run_after < edge;
  case sweep_kind::runner_offline:
    return active && known && seen->second < edge
           && *task.lease_expires_at - rules_.lease < edge;
  case sweep_kind::lease:
    return active && task.lease_expires_at < edge;
  case sweep_kind::wall_clock: {
    const auto limit = task.timeout ? *task.timeout : what.threshold;
    return active && limit > std::chrono::milliseconds{0}
           && task.started_at < db_->now - limit;
  }
  case sweep_kind::retry_not_taken:
    return !off && queued && !task.awaits_runner && task.attempt > 0
           && task.failure_reason && task.run_after < edge;
  case sweep_kind::recovery:
  case sweep_kind::deregistered:
    return active && task.runner == what.runner;
  }
  return false;
}

caf::expected<committed<tasks_swept>>
memory_task_store::sweep(const sweep_tasks& what) {
  committed<tasks_swept> result;
  for (auto& [id, task] : db_->tasks) {
    const auto seen = db_->runners.find(task.runner.value);
    if (what.kind == sweep_kind::reconnect && task.awaits_runner
        && seen != db_->runners.end() && seen->second > task.run_after)
      task.awaits_runner = false;
    if (!is_silent(task, what))
      continue;
    if (result.answer.settled == what.limit)
      break;
    sweep_evidence evidence;
    if (seen != db_->runners.end())
      evidence.last_sign_of_life = seen->second;
    auto plan = decide_sweep(snapshot(task), what, evidence, context());
    result.answer.retried += plan.event && plan.event->will_retry ? 1U : 0U;
    write(plan, result.events);
    ++result.answer.settled;
  }
  result.answer.more = result.answer.settled == what.limit;
  return result;
}

} // namespace telltale
