#include "actors/persistence/postgres/pg_claims.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <set>
#include <unordered_set>
#include <utility>

#include "actors/persistence/postgres/pg_masks.hpp"
#include "actors/persistence/postgres/pg_task_store.hpp"
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
    for (const auto index : open)
      result.answer[index] = tasks_claimed{};
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
  committed<std::vector<caf::expected<tasks_claimed>>> result;
  bool doubtful = false; ///< the commit of a try was sent, and not answered
};

void pg_task_store::take_due(pqxx::work& transaction, claim_batch& batch,
                             const claim_group& group, timestamp now) {
  // What this transaction has taken for others is found again: it is locked by
  // ourselves, and its row still says that it is queued.
  auto limit = std::ranges::count_if(batch.plans, [&](const auto& plan) {
    return group.wants(plan.task.kind);
  });
  for (const auto index : group.calls)
    limit += batch.calls[index].limit;
  auto call = group.calls.begin();
  std::uint32_t given = 0;
  for (const auto& row : find_due(transaction, group.kinds, limit, now)) {
    task_snapshot found;
    found.task = read_whole_task(row, first_task_column);
    if (batch.taken.contains(found.task.id))
      continue;
    if (given == batch.calls[*call].limit) {
      given = 0;
      if (++call == group.calls.end())
        return;
    }
    ++given;
    batch.taken.insert(found.task.id);
    batch.owners.push_back(*call);
    batch.plans.push_back(decide_claim(std::move(found),
                                       batch.calls[*call].runner,
                                       changes_.context(moment_of(row[0]))));
    changes_.address(batch.plans.back(), std::nullopt);
  }
  if (given > 0)
    ++call;
  if (call == group.calls.end())
    return;
  const auto next = find_next_due(transaction, group.kinds);
  for (; call != group.calls.end(); ++call)
    batch.result.answer[*call]->next_due = next;
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
