// The part of pg_event_store that publishes: gives what is due its deliveries.

#include <algorithm>
#include <iterator>
#include <map>
#include <set>
#include <tuple>
#include <vector>

#include "actors/persistence/delivery_rows.hpp"
#include "actors/persistence/event_positions.hpp"
#include "actors/persistence/pg_event_store.hpp"
#include "actors/persistence/sql_array.hpp"
#include "actors/persistence/uuid_v5.hpp"
#include "messages/published.hpp"

namespace telltale {

namespace {

constexpr const char* find_bindings_statement = R"(
  SELECT id, relay, chat_id, thread_id, reply_to, channel_type, locale
  FROM chat_sessions WHERE id = ANY ($1::text[]))";

constexpr const char* find_told = R"(
  SELECT DISTINCT d.task_id, d.relay, d.chat_id
  FROM deliveries d JOIN events e ON e.id = ANY(ARRAY[d.event_id])
  WHERE d.task_id = ANY ($1::uuid[]) AND d.state <> 'dead'
    AND e.type = 'task:failed')";

/// Publishers take turns from here to their commit, which does not wait for the
/// disk: what a crash of the database undoes is still due and is published
/// again, and a delivery that is recorded as sent makes it lasting first.
/// What is sure to be published is crossed off in the same breath.
constexpr const char* take_turns = R"(
  WITH turn AS MATERIALIZED (
    SELECT pg_advisory_xact_lock(1952804965, 0),
           set_config('synchronous_commit', 'off', true)
  ), crossed AS (
    DELETE FROM events_due
    WHERE position = ANY ($1::bigint[]) AND (SELECT true FROM turn)
    RETURNING position
  )
  SELECT c.position FROM turn LEFT JOIN crossed c ON true)";
/// But a position that was told may never be given again.
constexpr const char* wait_for_disk = "SET LOCAL synchronous_commit TO DEFAULT";

/// The third column: its row itself says so, as programs of before wrote it.
constexpr const char* find_fresh_statement = R"(
  SELECT e.id, e.position, e.due OR e.position IS NULL
  FROM events e
  LEFT JOIN LATERAL (SELECT position FROM events_due d
                     WHERE d.position = ANY(ARRAY[e.position]) LIMIT 1) q
    ON true
  WHERE e.id = ANY ($1::uuid[])
    AND (e.due OR e.position IS NULL OR q.position IS NOT NULL))";

/// Failures that will be told, but are not published yet and not among ours.
constexpr const char* find_untold = R"(
  SELECT DISTINCT e.task_id
  FROM events e
  WHERE e.task_id = ANY ($1::uuid[])
    AND (e.due OR e.position IS NULL
         OR (SELECT q.position FROM events_due q
             WHERE q.position = e.position) IS NOT NULL)
    AND e.type = 'task:failed' AND e.facts->>'retry_pending' IS NULL
    AND NOT e.id = ANY ($2::uuid[]))";

constexpr const char* insert_deliveries = R"(
  INSERT INTO deliveries (id, event_id, task_id, relay, chat_id, thread_id,
                          reply_to, channel_type, locale, position)
  SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[],
                       $5::text[], $6::text[], $7::text[], $8::integer[],
                       $9::text[], $10::bigint[])
    AS u (id, event_id, task_id, relay, chat_id, thread_id, reply_to,
          channel_type, locale, position)
  WHERE NOT EXISTS (
    SELECT FROM deliveries d WHERE d.id = ANY(ARRAY[u.id])))";

constexpr const char* set_positions = R"(
  UPDATE events e
  SET position = u.position, head = nullif(u.head, ''),
      payload = nullif(u.payload, ''), due = false
  FROM unnest($1::uuid[], $2::bigint[], $3::text[], $4::text[])
    AS u (id, position, head, payload)
  WHERE e.id = ANY(ARRAY[u.id]))";

constexpr const char* next_positions =
    "SELECT nextval('event_position') FROM generate_series(1, $1::int)";

constexpr const char* cross_off =
    "DELETE FROM events_due WHERE position = ANY ($1::bigint[])";

/// A task's failure, told to a chat.
using told_key = std::tuple<task_id, std::string, std::string>;

/// Where it is written that an event is not published yet.
enum class kept : std::uint8_t {
  in_row,   ///< in its own row, as a program of before does
  in_table, ///< in `events_due`
  nowhere,  ///< it was, until this transaction
};

/// An event that is not published yet.
struct fresh_event {
  std::int64_t position = 0; ///< 0: it has none
  kept where = kept::in_row;
};

/// What the transaction of one publication knows.
struct publication {
  explicit publication(pqxx::work& transaction) : work(transaction) {}

  pqxx::work& work;
  std::map<event_id, fresh_event> fresh; ///< not published yet
  std::vector<event_id> rest;            ///< whose rows have to be looked at
  std::map<std::string, chat_binding> bindings;
  std::set<told_key> told;
  std::set<task_id> untold;
  events_stored answer;

  // Rows of deliveries to insert, column by column.
  sql_array ids, events, tasks, relays, chats, threads, replies, channels,
      locales, positions;
  bool has_deliveries = false;
};

/// Takes the turn. Failures that are due are ours from here on; what is left
/// needs a look at its row.
void take_turn(publication& p, const publish_events& request) {
  // A recovery may have to wait: it is crossed off when it is addressed.
  const auto is_sure = [](const event_publication& event) {
    return event.facts.position > 0 && !event.only_after_failure;
  };
  sql_array sure;
  for (const auto& event : request.events)
    if (is_sure(event))
      sure.add(event.facts.position);
  std::set<std::int64_t> crossed;
  for (const auto& row : p.work.exec_prepared("take_turns", sure.done()))
    if (!row[0].is_null())
      crossed.insert(row[0].as<std::int64_t>());
  for (const auto& event : request.events) {
    if (is_sure(event) && crossed.contains(event.facts.position))
      p.fresh.emplace(event.facts.id,
                      fresh_event{event.facts.position, kept::nowhere});
    else
      p.rest.push_back(event.facts.id);
  }
}

void find_fresh(publication& p) {
  if (p.rest.empty())
    return;
  sql_array ids;
  for (const auto& id : p.rest)
    ids.add(id);
  for (const auto& row : p.work.exec_prepared("find_fresh", ids.done()))
    p.fresh.insert_or_assign(
        event_id{need_uuid(row[0])},
        fresh_event{row[1].is_null() ? 0 : row[1].as<std::int64_t>(),
                    row[2].as<bool>() ? kept::in_row : kept::in_table});
}

/// Positions for events that were written without one, the first of them first.
/// Writers of events wait from here to the commit.
std::vector<std::int64_t> take_positions(publication& p) {
  const auto lacks = [](const auto& entry) {
    return entry.second.position == 0;
  };
  if (std::ranges::none_of(p.fresh, lacks))
    return {};
  p.work.exec0(wait_for_disk);
  p.work.exec_prepared1("lock_positions");
  find_fresh(p); // a program of before gives some, too
  std::vector<std::int64_t> positions;
  for (const auto& row : p.work.exec_prepared(
           "next_positions", std::ranges::count_if(p.fresh, lacks)))
    positions.push_back(row[0].as<std::int64_t>());
  return positions;
}

void load_bindings(publication& p, const publish_events& request) {
  sql_array sessions;
  std::set<std::string> wanted;
  for (const auto& event : request.events) {
    const auto& session = event.facts.chat_session.value;
    if (event.to_chat && !session.empty() && p.fresh.count(event.facts.id) > 0
        && wanted.insert(session).second)
      sessions.add(session);
  }
  if (wanted.empty())
    return;
  for (const auto& row :
       p.work.exec_prepared("find_bindings", sessions.done())) {
    chat_binding binding;
    binding.session.value = row[0].c_str();
    binding.relay = row[1].c_str();
    binding.chat_id = row[2].c_str();
    binding.thread_id = row[3].c_str();
    binding.reply_to = row[4].c_str();
    binding.channel_type = row[5].as<std::int32_t>();
    binding.locale = row[6].c_str();
    p.bindings.emplace(binding.session.value, binding);
  }
}

/// Which failures of the tasks that recovered were told, and which will be.
void load_told(publication& p, const publish_events& request) {
  sql_array tasks;
  sql_array batch;
  bool wanted = false;
  for (const auto& event : request.events) {
    batch.add(event.facts.id);
    if (event.only_after_failure && p.fresh.count(event.facts.id) > 0) {
      tasks.add(event.facts.task);
      wanted = true;
    }
  }
  if (!wanted)
    return;
  const auto& list = tasks.done();
  for (const auto& row : p.work.exec_prepared("find_told", list))
    p.told.emplace(task_id{need_uuid(row[0])}, row[1].c_str(), row[2].c_str());
  for (const auto& row :
       p.work.exec_prepared("find_untold", list, batch.done()))
    p.untold.insert(task_id{need_uuid(row[0])});
}

void add_delivery(publication& p, const event_facts& facts,
                  const chat_binding& target, std::int64_t position) {
  p.ids.add(make_delivery_id(facts.id, target.relay, target.chat_id));
  p.events.add(facts.id);
  p.tasks.add(facts.task);
  p.relays.add(target.relay);
  p.chats.add(target.chat_id);
  p.threads.add(target.thread_id);
  p.replies.add(target.reply_to);
  p.channels.add(target.channel_type);
  p.locales.add(target.locale);
  p.positions.add(position);
  p.has_deliveries = true;
  auto& due = p.answer.due_relays;
  if (std::find(due.begin(), due.end(), target.relay) == due.end())
    due.push_back(target.relay);
}

void address(publication& p, const event_publication& event,
             std::int64_t position) {
  for (const auto& hook : event.webhooks) {
    chat_binding target;
    target.relay = hook;
    add_delivery(p, event.facts, target, position);
  }
  const auto bound = p.bindings.find(event.facts.chat_session.value);
  if (!event.to_chat || bound == p.bindings.end())
    return;
  const auto& chat = bound->second;
  const told_key key{event.facts.task, chat.relay, chat.chat_id};
  if (event.only_after_failure && p.told.count(key) == 0)
    return;
  if (event.facts.type == event_type::task_failed)
    p.told.insert(key);
  add_delivery(p, event.facts, chat, position);
}

void write_deliveries(publication& p) {
  if (p.has_deliveries)
    p.work.exec_prepared0("insert_deliveries", p.ids.done(), p.events.done(),
                          p.tasks.done(), p.relays.done(), p.chats.done(),
                          p.threads.done(), p.replies.done(), p.channels.done(),
                          p.locales.done(), p.positions.done());
}

/// Rows of events to write once more, column by column.
struct published_rows {
  void add(const event_publication& event, std::int64_t position) {
    ids.add(event.facts.id);
    positions.add(position);
    heads.add(event.head);
    payloads.add(event.payload);
    has_any = true;
  }

  void write(pqxx::work& work) {
    if (has_any)
      work.exec_prepared0("set_positions", ids.done(), positions.done(),
                          heads.done(), payloads.done());
  }

  sql_array ids, positions, heads, payloads;
  bool has_any = false;
};

void write_crossed_off(pqxx::work& work,
                       const std::vector<std::int64_t>& positions) {
  if (positions.empty())
    return;
  sql_array list;
  for (const auto position : positions)
    list.add(position);
  work.exec_prepared0("cross_off", list.done());
}

events_stored publish_in(pqxx::connection& link,
                         const publish_events& request) {
  pqxx::work work{link};
  publication p{work};
  take_turn(p, request);
  find_fresh(p);
  if (p.fresh.empty())
    return {};
  const auto positions = take_positions(p);
  auto next_position = positions.begin();
  load_bindings(p, request);
  load_told(p, request);
  published_rows rows;
  std::vector<std::int64_t> crossed_off;
  for (const auto& event : request.events) {
    // A recovery waits for the failure that it speaks of: the next look at
    // what is unpublished finds it again.
    if (event.only_after_failure && p.untold.count(event.facts.task) > 0)
      continue;
    const auto found = p.fresh.find(event.facts.id);
    if (found == p.fresh.end())
      continue;
    const auto is = found->second;
    const auto position = is.position > 0 ? is.position : *next_position++;
    p.fresh.erase(found);
    if (is.where == kept::in_row)
      rows.add(event, position);
    else if (is.where == kept::in_table)
      crossed_off.push_back(position);
    address(p, event, position);
    p.answer.events.push_back(as_published(event, position));
  }
  write_deliveries(p);
  write_crossed_off(work, crossed_off);
  rows.write(work);
  work.commit();
  return std::move(p.answer);
}

} // namespace

statement_list publication_statements() {
  return {{"take_turns", take_turns},
          {"find_fresh", find_fresh_statement},
          {"find_bindings", find_bindings_statement},
          {"find_told", find_told},
          {"find_untold", find_untold},
          {"insert_deliveries", insert_deliveries},
          {"set_positions", set_positions},
          {"lock_positions", "SELECT " + lock_positions},
          {"next_positions", next_positions},
          {"cross_off", cross_off}};
}

caf::expected<events_stored>
pg_event_store::publish(const publish_events& request) {
  // What nobody has to be told needs no more than it has.
  publish_events due;
  events_stored answer;
  for (const auto& event : request.events)
    if (event.facts.due || event.facts.position == 0)
      due.events.push_back(event);
    else
      answer.events.push_back(as_published(event, event.facts.position));
  if (due.events.empty())
    return answer;
  auto stored = connection_.run(
      [&](pqxx::connection& link) { return publish_in(link, due); });
  if (!stored)
    return stored;
  std::ranges::move(stored->events, std::back_inserter(answer.events));
  std::ranges::sort(answer.events, {}, &published_event::position);
  answer.due_relays = std::move(stored->due_relays);
  return answer;
}

} // namespace telltale
