#include "actors/persistence/postgres/pg_changes.hpp"

#include <algorithm>
#include <deque>
#include <tuple>
#include <unordered_set>
#include <utility>

#include <spdlog/spdlog.h>

#include "actors/persistence/lifecycle/routes.hpp"
#include "actors/persistence/postgres/sql_array.hpp"
#include "actors/persistence/postgres/task_rows.hpp"
#include "actors/persistence/postgres/task_writes.hpp"

namespace telltale {

namespace {

/// More lost races than this mean trouble of another kind.
constexpr int max_fruitless_rounds = 30;
/// How often a write whose answer was lost is looked after in one call.
constexpr int max_failures = 2;

constexpr const char* read_name = "read_snapshots";
constexpr const char* read_everything_name = "read_whole_snapshots";

std::string read_statement(bool everything) {
  std::string sql = "SELECT u.place, now(), t.masks, ";
  sql.append(kind_is_claimed).append(", ");
  sql.append(binding_columns).append(", ").append(task_columns);
  sql.append(", ").append(attempt_columns);
  sql.append(", CASE WHEN $3::bool THEN t.labels END");
  if (everything)
    sql.append(", ").append(more_task_columns);
  return sql
         + " FROM unnest($1::uuid[], $2::int[]) WITH ORDINALITY"
           "   AS u(id, asked, place)"
           " JOIN tasks t ON t.id = ANY(ARRAY[u.id])"
           " LEFT JOIN attempts a ON a.task_id = ANY(ARRAY[t.id])"
           "   AND a.number = COALESCE(u.asked, t.attempt)"
           " LEFT JOIN chat_sessions c ON c.id = ANY(ARRAY[t.chat_session_id])";
}

constexpr int masks_column = 2;
constexpr int kind_column = 3;
constexpr int first_binding_column = 4;
constexpr int first_task_column = first_binding_column + binding_column_count;
constexpr int first_attempt_column = first_task_column + task_column_count;
constexpr int labels_column = first_attempt_column + attempt_column_count;
constexpr int first_more_column = labels_column + 1;

bool is_amendment(const transition& plan) {
  return plan.event && plan.event->type == event_type::task_amended;
}

bool follows_up(const transition& plan) {
  return plan.event && is_follow_up(*plan.event);
}

/// Does writing it take more than the one statement?
bool tells_more(const transition& plan) {
  return !plan.targets.empty() || is_amendment(plan) || follows_up(plan);
}

/// What corrects an earlier event says so, and goes where that one went; may be
/// called for each try.
void address_follow_up(pqxx::work& writing, transition& plan) {
  if (is_amendment(plan))
    plan.event->amended = find_amended(writing, plan.task.id);
  if (!follows_up(plan))
    return;
  auto follow = find_follow_up(writing, plan.task.id);
  std::erase_if(plan.targets,
                [](const auto& one) { return !one.chat.chat_id.empty(); });
  for (auto& one : follow.chats) {
    one.chat.session = plan.event->chat_session;
    plan.targets.push_back(std::move(one));
  }
  for (auto& one : plan.targets)
    one.routed =
        one.routed
        || (one.chat.chat_id.empty()
            && std::ranges::count(follow.routed_relays, one.chat.relay) > 0);
  plan.superseded = std::move(follow.superseded);
  plan.task.untold = plan.is_untold = follow.untold;
}

enum class fate : std::uint8_t { open, settled, lost, unreadable };

} // namespace

/// One row of a round.
struct pg_changes::planned {
  std::size_t index = 0;
  task_id task;
  transition plan;
  bool found = false;
  fate is = fate::open;
};

pg_changes::pg_changes(pg_connection& db, task_rules rules)
    : db_(db), rules_(std::move(rules)) {}

statement_list change_statements() {
  return statement_list{{read_name, read_statement(false)},
                        {read_everything_name, read_statement(true)},
                        {write_statement_name, write_statement()}}
         + delivery_write_statements();
}

decision_context pg_changes::context(timestamp now) {
  decision_context result;
  result.now = now;
  result.lease = rules_.lease;
  result.retry = &rules_.retry;
  result.chance = std::uniform_real_distribution<double>{}(chance_);
  result.next_attempt = attempt_id{make_uuid_v7()};
  return result;
}

void pg_changes::address(transition& plan,
                         const std::optional<chat_binding>& chat,
                         std::string labels) const {
  if (!plan.event)
    return;
  if (plan.event->id == event_id{})
    plan.event->id = event_id{make_uuid_v7()};
  const auto chats =
      is_for_people(*plan.event) ? choose_chats(
          routed_task_of(*plan.event, std::move(labels)), chat, rules_.routes)
                                 : std::vector<chosen_chat>{};
  plan.targets = choose_targets(*plan.event, chats, rules_.relays);
  note_untold(plan);
}

pg_failure pg_changes::read(change_batch& batch, std::vector<planned>& round) {
  sql_array ids;
  sql_array asked;
  for (auto& row : round) {
    row.found = false;
    row.is = fate::open;
    ids.add(row.task);
    if (const auto number = batch.attempt(row.index); number > 0)
      asked.add(number);
    else
      asked.add_null();
  }
  const bool everything = batch.wants_everything();
  const bool with_labels = reads_labels(rules_.routes);
  const auto& id_text = ids.done();
  const auto& asked_text = asked.done();
  const auto load = [&](pqxx::connection& link) {
    pqxx::nontransaction reading{link};
    const auto rows =
        reading.exec_prepared(everything ? read_everything_name : read_name,
                              id_text, asked_text, with_labels);
    for (const auto& row : rows) {
      auto& to = round.at(row[0].as<std::size_t>() - 1);
      task_snapshot found;
      std::string labels;
      try {
        found.task = read_task(row, first_task_column);
        found.attempt = read_attempt(found.task.id, row, first_attempt_column);
        found.masks = row[masks_column].as<std::uint32_t>();
        found.kind_is_claimed = row[kind_column].as<bool>();
        found.chat = read_binding(row, first_binding_column);
        if (with_labels)
          labels = text_of(row[labels_column]);
        if (everything)
          read_more(found.task, row, first_more_column);
      } catch (const std::runtime_error& problem) {
        // A newer program's word, or damage: no reason to refuse the others.
        spdlog::error("task {} cannot be read: {}", to_string(to.task),
                      problem.what());
        to.is = fate::unreadable;
        continue;
      }
      const auto chat = found.chat;
      to.plan =
          batch.decide(to.index, std::move(found), context(moment_of(row[1])));
      address(to.plan, chat, std::move(labels));
      to.found = true;
    }
    return true;
  };
  pg_failure failure;
  failure.code = ec::none;
  for (int tries = 0; tries <= max_failures; ++tries) {
    if (db_.once(load, failure))
      return {ec::none, false, false, {}};
    if (!failure.broken && !failure.try_again)
      break;
  }
  return failure;
}

pg_failure pg_changes::write(change_batch& batch, std::vector<planned*> rows,
                             std::vector<committed_event>& events) {
  std::vector<const transition*> plans;
  plans.reserve(rows.size());
  bool tells = false;
  for (auto* row : rows) {
    tells = tells || tells_more(row->plan);
    plans.push_back(&row->plan);
  }
  pg_failure failure;
  auto written = db_.once(
      [&](pqxx::connection& link) {
        if (!tells) {
          pqxx::nontransaction writing{link};
          return write_transitions(writing, plans, relays());
        }
        pqxx::work writing{link};
        for (auto* row : rows)
          address_follow_up(writing, row->plan);
        auto result = write_transitions(writing, plans, relays());
        writing.commit();
        return result;
      },
      failure);
  if (written) {
    for (auto* row : rows) {
      if (row->plan.writes_task && !written->contains(row->task)) {
        row->is = fate::lost;
        continue;
      }
      row->is = fate::settled;
      if (row->plan.writes_task)
        ++row->plan.task.version;
      if (row->plan.event)
        events.push_back(as_committed(row->plan, written->at(row->task)));
      batch.settle(row->index, std::move(row->plan));
    }
    return {ec::none, false, false, {}};
  }
  if (failure.broken || is_of_database(failure.code)) {
    for (auto* row : rows) {
      row->is = fate::lost;
      if (failure.broken)
        batch.doubt(row->index, row->plan);
    }
    return failure;
  }
  if (rows.size() == 1) {
    spdlog::error("task {} cannot be written: {}", to_string(rows[0]->task),
                  failure.circumstances);
    rows[0]->is = fate::settled;
    batch.refuse(rows[0]->index, failure.code);
    return {ec::none, false, false, {}};
  }
  const auto middle =
      rows.begin() + static_cast<std::ptrdiff_t>(rows.size() / 2);
  auto first = write(batch, {rows.begin(), middle}, events);
  auto second = write(batch, {middle, rows.end()}, events);
  return first.code != ec::none ? first : second;
}

caf::expected<std::vector<committed_event>>
pg_changes::run(change_batch& batch) {
  std::vector<committed_event> events;
  std::vector<std::size_t> waiting(batch.size());
  for (std::size_t i = 0; i < waiting.size(); ++i)
    waiting[i] = i;
  int failures = 0;
  int fruitless = 0;
  while (!waiting.empty()) {
    // The first word about each task; what else there is waits in its order.
    std::vector<std::pair<task_id, std::size_t>> first;
    std::vector<std::size_t> later;
    std::unordered_set<task_id> taken;
    for (const auto index : waiting) {
      if (taken.insert(batch.task(index)).second)
        first.emplace_back(batch.task(index), index);
      else
        later.push_back(index);
    }
    if (fruitless >= max_fruitless_rounds)
      return make_error(ec::database_unavailable, "too many lost races");
    // One order of locks for all writers.
    std::ranges::sort(first);
    std::vector<planned> round(first.size());
    for (std::size_t i = 0; i < first.size(); ++i)
      std::tie(round[i].task, round[i].index) = first[i];
    if (auto failure = read(batch, round); failure.code != ec::none)
      return make_error(failure.code, std::move(failure.circumstances));
    std::vector<planned*> writes;
    for (auto& row : round) {
      if (row.is == fate::unreadable) {
        batch.refuse(row.index, ec::internal_error);
      } else if (!row.found) {
        row.is = fate::settled;
        batch.refuse(row.index, ec::task_not_found);
      } else if (row.plan.writes_task || row.plan.late) {
        writes.push_back(&row);
      } else {
        row.is = fate::settled;
        batch.settle(row.index, std::move(row.plan));
      }
    }
    if (!writes.empty()) {
      auto failure = write(batch, std::move(writes), events);
      if (failure.code != ec::none && ++failures > max_failures)
        return make_error(failure.code, std::move(failure.circumstances));
    }
    const auto open = later.size();
    for (const auto& row : round)
      if (row.is == fate::lost)
        later.push_back(row.index);
    // A batch may hold any number of words about one task, so the bound is on
    // rounds in which every race was lost.
    fruitless = later.size() - open == round.size() ? fruitless + 1 : 0;
    std::ranges::sort(later);
    waiting = std::move(later);
  }
  return events;
}

} // namespace telltale
