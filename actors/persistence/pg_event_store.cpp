#include "actors/persistence/pg_event_store.hpp"

#include <algorithm>
#include <iterator>
#include <map>
#include <memory>
#include <set>
#include <stdexcept>
#include <tuple>

#include <spdlog/spdlog.h>

#include "actors/persistence/delivery_rows.hpp"
#include "actors/persistence/facts_codec.hpp"
#include "actors/persistence/sql_array.hpp"
#include "actors/persistence/uuid_v5.hpp"

namespace telltale {

namespace {

constexpr const char* read_log = R"(
  SELECT p.last, o.oldest, e.position, e.id, e.type, e.task_id,
         e.chat_session, e.envelope, e.next_attempt_at, e.facts
  FROM event_positions p
  CROSS JOIN (SELECT coalesce(min(position), 0) AS oldest FROM events
              WHERE position IS NOT NULL) o
  LEFT JOIN (SELECT position, id, type, task_id,
                    coalesce(facts->>'chat_session', '') AS chat_session,
                    head || payload || '}' AS envelope,
                    facts->>'next_attempt_at' AS next_attempt_at,
                    CASE WHEN payload IS NULL THEN facts END AS facts
             FROM events WHERE position > $1
             ORDER BY position LIMIT $2) e ON true
  ORDER BY e.position)";

constexpr const char* find_bindings_statement = R"(
  SELECT id, relay, chat_id, thread_id, reply_to, channel_type, locale
  FROM chat_sessions WHERE id = ANY ($1::text[]))";

constexpr const char* find_told = R"(
  SELECT DISTINCT d.task_id, d.relay, d.chat_id
  FROM deliveries d JOIN events e ON e.id = d.event_id
  WHERE d.task_id = ANY ($1::uuid[]) AND d.state <> 'dead'
    AND e.type = 'task:failed')";

/// Publishers take turns from here to their commit, which does not wait for the
/// disk: what a crash of the database undoes is still due and is published
/// again, and a delivery that is recorded as sent makes it lasting first.
constexpr const char* take_turns =
    "SELECT pg_advisory_xact_lock(1952804965, 0), "
    "set_config('synchronous_commit', 'off', true)";
/// But a position that was told may never be given again.
constexpr const char* wait_for_disk = "SET LOCAL synchronous_commit TO DEFAULT";

/// The third column: its row itself says so, as programs of before wrote it.
constexpr const char* find_fresh_statement = R"(
  SELECT e.id, e.position, e.due OR e.position IS NULL
  FROM events e LEFT JOIN events_due q ON q.position = e.position
  WHERE e.id = ANY ($1::uuid[])
    AND (e.due OR e.position IS NULL OR q.position IS NOT NULL))";

constexpr const char* find_waiting = R"(
  SELECT facts, id, coalesce(position, 0), due FROM (
    (SELECT occurred_at, position, id, facts, due FROM events
     WHERE (due OR position IS NULL)
       AND occurred_at <= now() - $1 * interval '1 millisecond'
     ORDER BY occurred_at, position, id LIMIT $2)
    UNION ALL
    (SELECT e.occurred_at, e.position, e.id, e.facts, true
     FROM events_due q JOIN events e ON e.position = q.position
     WHERE e.occurred_at <= now() - $1 * interval '1 millisecond'
     ORDER BY q.position LIMIT $2)) waiting
  ORDER BY occurred_at, position, id LIMIT $2)";

/// Failures that will be told, but are not published yet and not among ours.
constexpr const char* find_untold = R"(
  SELECT DISTINCT e.task_id
  FROM events e LEFT JOIN events_due q ON q.position = e.position
  WHERE e.task_id = ANY ($1::uuid[])
    AND (e.due OR e.position IS NULL OR q.position IS NOT NULL)
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
  WHERE NOT EXISTS (SELECT FROM deliveries d WHERE d.id = u.id))";

constexpr const char* set_positions = R"(
  UPDATE events e
  SET position = u.position, head = nullif(u.head, ''),
      payload = nullif(u.payload, ''), due = false
  FROM unnest($1::uuid[], $2::bigint[], $3::text[], $4::text[])
    AS u (id, position, head, payload)
  WHERE e.id = u.id)";

constexpr const char* cross_off =
    "DELETE FROM events_due WHERE position = ANY ($1::bigint[])";

/// A task's failure, told to a chat.
using told_key = std::tuple<task_id, std::string, std::string>;

/// An event that is not published yet.
struct fresh_event {
  std::int64_t position = 0; ///< 0: it has none
  bool by_row = false; ///< its row says so, as a program of before wrote it
};

/// What the transaction of one publication knows.
struct publication {
  explicit publication(pqxx::work& transaction) : work(transaction) {}

  pqxx::work& work;
  std::map<event_id, fresh_event> fresh; ///< not published yet
  std::map<std::string, chat_binding> bindings;
  std::set<told_key> told;
  std::set<task_id> untold;
  events_stored answer;

  // Rows of deliveries to insert, column by column.
  sql_array ids, events, tasks, relays, chats, threads, replies, channels,
      locales, positions;
  bool has_deliveries = false;
};

std::map<event_id, fresh_event> find_fresh(pqxx::work& work,
                                           const publish_events& request) {
  sql_array ids;
  for (const auto& event : request.events)
    ids.add(event.facts.id);
  std::map<event_id, fresh_event> result;
  for (const auto& row : work.exec_prepared("find_fresh", ids.done()))
    result.emplace(event_id{need_uuid(row[0])},
                   fresh_event{row[1].is_null() ? 0 : row[1].as<std::int64_t>(),
                               row[2].as<bool>()});
  return result;
}

/// Positions for events that were written without one. Writers of events wait
/// from here to the commit.
std::int64_t lock_positions(publication& p, const publish_events& request) {
  const auto lacks = [](const auto& entry) {
    return entry.second.position == 0;
  };
  if (std::ranges::none_of(p.fresh, lacks))
    return 0;
  p.work.exec0(wait_for_disk);
  const auto last =
      p.work.exec1("SELECT last FROM event_positions FOR UPDATE")[0]
          .as<std::int64_t>();
  p.fresh = find_fresh(p.work, request); // a program of before gives some, too
  return last;
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
  for (const auto& row : p.work.exec_params(find_told, list))
    p.told.emplace(task_id{need_uuid(row[0])}, row[1].c_str(), row[2].c_str());
  for (const auto& row : p.work.exec_params(find_untold, list, batch.done()))
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

published_event as_published(const event_publication& event,
                             std::int64_t position) {
  published_event result;
  result.position = position;
  result.id = event.facts.id;
  result.type = event.facts.type;
  result.task = event.facts.task;
  result.chat_session = event.facts.chat_session.value;
  if (!event.head.empty())
    result.envelope = event.head + event.payload + "}";
  result.next_attempt_at = event.facts.next_attempt_at;
  return result;
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

events_stored publish_in(pqxx::connection& link,
                         const publish_events& request) {
  pqxx::work work{link};
  work.exec_prepared1("publishers_turns");
  publication p{work};
  p.fresh = find_fresh(work, request);
  if (p.fresh.empty())
    return {};
  const auto before = lock_positions(p, request);
  auto last = before;
  load_bindings(p, request);
  load_told(p, request);
  published_rows rows;
  sql_array crossed_off;
  for (const auto& event : request.events) {
    // A recovery waits for the failure that it speaks of: the next look at
    // what is unpublished finds it again.
    if (event.only_after_failure && p.untold.count(event.facts.task) > 0)
      continue;
    const auto found = p.fresh.find(event.facts.id);
    if (found == p.fresh.end())
      continue;
    const auto is = found->second;
    const auto position = is.position > 0 ? is.position : ++last;
    p.fresh.erase(found);
    if (is.by_row)
      rows.add(event, position);
    else
      crossed_off.add(position);
    address(p, event, position);
    p.answer.events.push_back(as_published(event, position));
  }
  write_deliveries(p);
  work.exec_prepared0("cross_off", crossed_off.done());
  rows.write(work);
  if (last > before)
    work.exec_params0("UPDATE event_positions SET last = $1", last);
  work.commit();
  return std::move(p.answer);
}

unpublished_taken take_in(pqxx::connection& link,
                          const take_unpublished& request) {
  pqxx::read_transaction work{link};
  const auto rows = work.exec_params(find_waiting, request.older_than.count(),
                                     request.limit + 1);
  unpublished_taken answer;
  for (const auto& row : rows) {
    if (answer.facts.size() == request.limit) {
      answer.more = true;
      break;
    }
    if (auto facts = read_facts(row[0].c_str())) {
      facts->position = row[2].as<std::int64_t>();
      facts->due = row[3].as<bool>();
      answer.facts.push_back(*std::move(facts));
    } else {
      spdlog::error("event {} holds facts that cannot be read", row[1].c_str());
    }
  }
  return answer;
}

events_read read_in(pqxx::connection& link, const read_events& request,
                    const envelope_writer& write_envelope) {
  pqxx::read_transaction work{link};
  events_read answer;
  for (const auto& row :
       work.exec_prepared("read_log", request.after, request.limit)) {
    answer.newest = row[0].as<std::int64_t>();
    answer.oldest = row[1].as<std::int64_t>();
    if (row[2].is_null())
      continue;
    published_event event;
    event.position = row[2].as<std::int64_t>();
    event.id.value = need_uuid(row[3]);
    if (const auto type = parse_event_type(row[4].c_str()))
      event.type = *type;
    event.task.value = need_uuid(row[5]);
    event.chat_session = row[6].c_str();
    if (row[7].is_null())
      event.envelope = write_from_facts(row[9], write_envelope);
    else
      event.envelope = row[7].c_str();
    if (!row[8].is_null())
      event.next_attempt_at = parse_rfc3339(row[8].c_str());
    answer.events.push_back(std::move(event));
  }
  return answer;
}

} // namespace

std::string write_from_facts(const pqxx::field& facts,
                             const envelope_writer& write_envelope) {
  const auto read = read_facts(facts.c_str());
  if (!read || !write_envelope)
    throw std::runtime_error{"an event without a payload cannot be told"};
  return write_envelope(*read);
}

pg_event_store::pg_event_store(pg_options options,
                               envelope_writer write_envelope)
    : connection_(std::move(options)),
      write_envelope_(std::move(write_envelope)) {
  // Few rows by key, or the front of an index, whatever the statistics of a
  // table say that was empty a minute ago.
  for (const auto* setting :
       {"plan_cache_mode = force_generic_plan", "enable_seqscan = off",
        "enable_hashjoin = off", "enable_mergejoin = off", "jit = off"})
    connection_.on_connect(std::string{"SET "} + setting);
  connection_.prepare("publishers_turns", take_turns);
  connection_.prepare("find_fresh", find_fresh_statement);
  connection_.prepare("find_bindings", find_bindings_statement);
  connection_.prepare("insert_deliveries", insert_deliveries);
  connection_.prepare("set_positions", set_positions);
  connection_.prepare("cross_off", cross_off);
  connection_.prepare("read_log", read_log);
  prepare_deliveries(connection_);
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

caf::expected<unpublished_taken>
pg_event_store::take(const take_unpublished& request) {
  return connection_.run(
      [&](pqxx::connection& link) { return take_in(link, request); });
}

caf::expected<events_read> pg_event_store::read(const read_events& request) {
  return connection_.run([&](pqxx::connection& link) {
    return read_in(link, request, write_envelope_);
  });
}

std::unique_ptr<event_store>
make_pg_event_store(pg_options options, envelope_writer write_envelope) {
  return std::make_unique<pg_event_store>(std::move(options),
                                          std::move(write_envelope));
}

} // namespace telltale
