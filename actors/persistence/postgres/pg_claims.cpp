#include "actors/persistence/postgres/pg_claims.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <set>
#include <unordered_set>
#include <utility>

#include "actors/persistence/postgres/pg_masks.hpp"
#include "actors/persistence/postgres/pg_task_store.hpp"
#include "actors/persistence/postgres/sql_array.hpp"
#include "actors/persistence/postgres/task_rows.hpp"
#include "actors/persistence/postgres/task_writes.hpp"

// Claims on PostgreSQL: one transaction for all that came together.

namespace telltale {

namespace {

constexpr int first_task_column = 3;

constexpr const char* lock_task =
    "SELECT FROM tasks WHERE id = $1::uuid FOR UPDATE";
constexpr const char* find_event = "SELECT FROM events WHERE id = $1::uuid";

/// Did the transaction that wrote this event take place? Waits for it if it is
/// still under way in a session that was lost.
bool was_committed(pqxx::connection& link, const event_facts& event) {
  pqxx::nontransaction reading{link};
  reading.exec_prepared("lock_task", to_string(event.task));
  return !reading.exec_prepared("find_event", to_string(event.id)).empty();
}

/// Each kind once; one empty name stands for any.
std::vector<std::string> kinds_of(const claim_tasks& what) {
  auto kinds = what.kinds;
  std::ranges::sort(kinds);
  const auto doubles = std::ranges::unique(kinds);
  kinds.erase(doubles.begin(), doubles.end());
  if (kinds.empty())
    kinds.emplace_back();
  return kinds;
}

} // namespace

statement_list claim_statements() {
  return queue_statements()
         + statement_list{{"lock_task", lock_task}, {"find_event", find_event}};
}

/// Calls that want the same kinds, by their places in the batch.
struct pg_task_store::claim_group {
  std::vector<std::string> kinds;
  std::vector<std::size_t> calls;

  [[nodiscard]] bool wants(const std::string& kind) const {
    return kinds.front().empty() || std::ranges::binary_search(kinds, kind);
  }
};

/// Claims on their way through one or more tries.
struct pg_task_store::claim_batch {
  explicit claim_batch(std::span<const claim_tasks> all) : calls(all) {
    for (std::size_t i = 0; i < calls.size(); ++i)
      open.push_back(i);
    result.answer.resize(calls.size(), tasks_claimed{});
  }

  /// Answers those that nobody waits for. Were there any?
  bool drop_unwanted() {
    const auto now = steady::now();
    return std::erase_if(open,
                         [&](std::size_t index) {
                           if (calls[index].ticket.is_wanted(now))
                             return false;
                           result.answer[index] = make_error(ec::call_expired);
                           return true;
                         })
           > 0;
  }

  void begin() {
    plans.clear();
    owners.clear();
    taken.clear();
    result.events.clear();
    left.assign(calls.size(), 0);
    for (const auto index : open) {
      result.answer[index] = tasks_claimed{};
      left[index] = calls[index].limit;
    }
  }

  /// The first open call that may have a task that wants its runner.
  [[nodiscard]] std::optional<std::size_t>
  find_taker(const task_record& task) const {
    for (const auto index : open) {
      const auto& call = calls[index];
      if (left[index] > 0 && call.runner == task.wanted_runner
          && (call.wanted_of_any_kind || call.kinds.empty()
              || std::ranges::count(call.kinds, task.kind) > 0))
        return index;
    }
    return std::nullopt;
  }

  [[nodiscard]] std::vector<claim_group> groups() const {
    std::vector<claim_group> all;
    for (const auto index : open) {
      auto kinds = kinds_of(calls[index]);
      const auto same = std::ranges::find(all, kinds, &claim_group::kinds);
      if (same != all.end())
        same->calls.push_back(index);
      else
        all.push_back({std::move(kinds), {index}});
    }
    return all;
  }

  std::span<const claim_tasks> calls;
  std::vector<std::size_t> open;   ///< calls that are still to be served
  std::vector<transition> plans;   ///< of this try
  std::vector<std::size_t> owners; ///< the call that each plan is for
  std::unordered_set<task_id> taken;
  std::vector<std::uint32_t> left; ///< how many each call may still have
  committed<std::vector<caf::expected<tasks_claimed>>> result;
  bool doubtful = false; ///< the commit of a try was sent, and not answered
};

void pg_task_store::give(claim_batch& batch, std::size_t call,
                         const pqxx::row& row, task_snapshot found) {
  --batch.left[call];
  batch.taken.insert(found.task.id);
  batch.owners.push_back(call);
  batch.plans.push_back(decide_claim(std::move(found), batch.calls[call].runner,
                                     changes_.context(moment_of(row[0]))));
  changes_.address(batch.plans.back(), std::nullopt);
}

void pg_task_store::take_wanted(pqxx::work& transaction, claim_batch& batch) {
  sql_array runners;
  sql_array kinds;
  std::int64_t limit = 0;
  for (const auto index : batch.open) {
    const auto& call = batch.calls[index];
    limit += call.limit;
    if (call.wanted_of_any_kind || call.kinds.empty()) {
      runners.add(call.runner.value);
      kinds.add_null();
      continue;
    }
    for (const auto& kind : call.kinds) {
      runners.add(call.runner.value);
      kinds.add(kind);
    }
  }
  for (const auto& row : transaction.exec_prepared(
           "claim_wanted", runners.done(), kinds.done(), limit)) {
    task_snapshot found;
    found.task = read_whole_task(row, first_task_column);
    if (const auto taker = batch.find_taker(found.task);
        taker && !batch.taken.contains(found.task.id))
      give(batch, *taker, row, std::move(found));
  }
}

void pg_task_store::take_due(pqxx::work& transaction, claim_batch& batch,
                             const claim_group& group, timestamp now) {
  std::int64_t limit = 0;
  for (const auto index : group.calls)
    limit += batch.left[index];
  if (limit == 0)
    return;
  // What this transaction has taken for others is found again: it is locked by
  // ourselves, and its row still says that it is queued.
  limit += std::ranges::count_if(batch.plans, [&](const auto& plan) {
    return plan.task.wanted_runner.empty() && group.wants(plan.task.kind);
  });
  auto call = group.calls.begin();
  const auto skip_served = [&] {
    while (call != group.calls.end() && batch.left[*call] == 0)
      ++call;
    return call != group.calls.end();
  };
  for (const auto& row : find_due(transaction, group.kinds, limit, now)) {
    task_snapshot found;
    found.task = read_whole_task(row, first_task_column);
    if (batch.taken.contains(found.task.id))
      continue;
    if (!skip_served())
      return;
    give(batch, *call, row, std::move(found));
  }
  std::optional<timestamp> next;
  bool asked = false;
  for (; call != group.calls.end(); ++call) {
    if (batch.left[*call] != batch.calls[*call].limit)
      continue; // it has something
    if (!std::exchange(asked, true))
      next = find_next_due(transaction, group.kinds);
    batch.result.answer[*call]->next_due = next;
  }
}

bool pg_task_store::claim_open(pqxx::connection& link, claim_batch& batch) {
  batch.begin();
  std::set<std::string> runners;
  for (const auto index : batch.open)
    runners.insert(batch.calls[index].runner.value);
  std::set<std::string> kinds;
  for (const auto index : batch.open)
    for (auto& kind : kinds_of(batch.calls[index]))
      kinds.insert(std::move(kind));
  note_kinds(link, kinds);
  const auto now = touch(link, runners).now;
  pqxx::work transaction{link};
  take_wanted(transaction, batch);
  for (const auto& group : batch.groups())
    take_due(transaction, batch, group, now);
  if (batch.plans.empty())
    return true;
  // Before the write, which gives positions and makes others wait.
  for (std::size_t i = 0; i < batch.plans.size(); ++i)
    if (const auto& mask = batch.calls[batch.owners[i]].mask;
        !mask.empty() && insert_mask(transaction, batch.plans[i].task.id, mask))
      ++batch.plans[i].task.version;
  std::vector<const transition*> writes;
  writes.reserve(batch.plans.size());
  for (const auto& plan : batch.plans)
    writes.push_back(&plan);
  // All of them: their rows are locked.
  auto written = write_transitions(transaction, writes, changes_.relays());
  for (std::size_t i = 0; i < batch.plans.size(); ++i) {
    auto& plan = batch.plans[i];
    batch.result.events.push_back(as_committed(plan, written.at(plan.task.id)));
    ++plan.task.version;
    batch.result.answer[batch.owners[i]]->tasks.push_back(std::move(plan.task));
  }
  // The locks may have been long in coming. Without the commit nothing of this
  // has happened.
  if (batch.drop_unwanted())
    return false;
  batch.doubtful = true;
  transaction.commit();
  return true;
}

caf::expected<committed<std::vector<caf::expected<tasks_claimed>>>>
pg_task_store::claim_all(std::span<const claim_tasks> calls) {
  claim_batch batch{calls};
  const auto done = db_.run([&](pqxx::connection& link) {
    if (batch.doubtful && was_committed(link, batch.result.events.front()))
      return true;
    batch.doubtful = false;
    batch.drop_unwanted();
    while (!batch.open.empty() && !claim_open(link, batch)) {
    }
    return true;
  });
  if (!done)
    return std::move(done.error());
  return std::move(batch.result);
}

} // namespace telltale
