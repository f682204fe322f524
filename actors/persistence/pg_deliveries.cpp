// The half of pg_event_store that knows deliveries.

#include <algorithm>
#include <map>
#include <set>
#include <stdexcept>

#include <spdlog/spdlog.h>

#include "actors/persistence/facts_codec.hpp"
#include "actors/persistence/pg_event_store.hpp"
#include "actors/persistence/sql_array.hpp"
#include "actors/persistence/stored_text.hpp"

namespace telltale {

namespace {

/// Takers and recorders of one relay take turns, on all replicas: what is found
/// at the front of a chat stays so until the commit.
constexpr const char* take_turns =
    "SELECT pg_advisory_xact_lock(1952804975, hashtext($1))";

/// The first pending deliveries of every chat, at most $2, and whether each and
/// all before it are free to be taken. Jumps from chat to chat in the index,
/// however long a chat's backlog is.
constexpr const char* chat_fronts = R"(
  WITH RECURSIVE chats AS (
    (SELECT chat_id FROM deliveries
     WHERE relay = $1 AND state = 'pending' AND chat_id > ''
     ORDER BY chat_id LIMIT 1)
    UNION ALL
    SELECT (SELECT d.chat_id FROM deliveries d
            WHERE d.relay = $1 AND d.state = 'pending'
              AND d.chat_id > c.chat_id
            ORDER BY d.chat_id LIMIT 1)
    FROM chats c WHERE c.chat_id IS NOT NULL
  ),
  fronts AS (
    SELECT c.chat_id, f.* FROM chats c
    CROSS JOIN LATERAL (
      SELECT d.id, d.position, d.next_try_at, d.leased_until,
             row_number() OVER (ORDER BY d.position) AS place,
             bool_and(d.next_try_at <= now()
                      AND (d.leased_until IS NULL OR d.leased_until <= now()))
               OVER (ORDER BY d.position) AS free
      FROM (SELECT * FROM deliveries p
            WHERE p.relay = $1 AND p.state = 'pending'
              AND p.chat_id = c.chat_id
            ORDER BY p.position LIMIT $2) d) f
    WHERE c.chat_id IS NOT NULL
  ))";

constexpr const char* take_due = R"(,
  chosen AS (
    SELECT chat_id FROM fronts WHERE place = 1 AND free
    ORDER BY position LIMIT $3
  ),
  picked AS (
    (SELECT d.id FROM deliveries d
     WHERE d.id IN (SELECT f.id FROM fronts f JOIN chosen USING (chat_id)
                    WHERE f.free)
     FOR UPDATE SKIP LOCKED)
  ),
  hooks AS (
    (SELECT d.id FROM deliveries d
     WHERE d.relay = $1 AND d.state = 'pending' AND d.chat_id = ''
       AND d.next_try_at <= now()
       AND (d.leased_until IS NULL OR d.leased_until <= now())
     ORDER BY d.position LIMIT $3 FOR UPDATE SKIP LOCKED)
  )
  UPDATE deliveries d
  SET leased_until = now() + $4 * interval '1 millisecond'
  FROM events e
  WHERE e.id = d.event_id
    AND d.id IN (SELECT id FROM picked UNION ALL SELECT id FROM hooks)
  RETURNING d.id, d.event_id, e.type, d.task_id,
            coalesce(e.facts->>'chat_session', ''), d.chat_id, d.thread_id,
            d.reply_to, d.channel_type, d.locale, coalesce(e.payload, ''),
            coalesce(e.head || e.payload || '}', ''), d.tries, d.created_at,
            d.position)";

/// When the soonest of those that cannot be taken now can be. A long queue of
/// a target without chats is looked at from its front only.
constexpr const char* soonest = R"(
  SELECT min(greatest(next_try_at, leased_until)) FROM (
    SELECT next_try_at, leased_until FROM fronts
    UNION ALL
    (SELECT next_try_at, leased_until FROM deliveries
     WHERE relay = $1 AND state = 'pending' AND chat_id = ''
     ORDER BY position LIMIT 1000)) waiting)";

constexpr const char* write_results = R"(
  UPDATE deliveries d
  SET state = u.state,
      tries = d.tries + u.counts,
      next_try_at = CASE WHEN u.state = 'pending'
        THEN now() + u.retry_in * interval '1 millisecond' END,
      sent_at = CASE WHEN u.state = 'sent' THEN now() END,
      leased_until = NULL,
      last_error = u.error,
      message_id = u.message_id,
      text = u.text
  FROM unnest($1::uuid[], $2::text[], $3::integer[], $4::bigint[], $5::text[],
              $6::text[], $7::text[])
    AS u (id, state, counts, retry_in, error, message_id, text),
    events e
  WHERE d.id = u.id AND d.relay = $8 AND d.state = 'pending'
    AND e.id = d.event_id
  RETURNING d.id, d.state, e.facts, now())";

constexpr const char* insert_events = R"(
  INSERT INTO events (id, task_id, attempt, type, occurred_at, facts)
  SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::integer[], $4::text[],
                       $5::timestamptz[], $6::json[]))";

constexpr const char* put_back = R"(
  UPDATE deliveries
  SET state = 'pending', tries = 0, next_try_at = now(), leased_until = NULL,
      sent_at = NULL
  WHERE id = $1 AND state <> 'pending'
  RETURNING id, event_id, task_id, relay, chat_id, state, tries, next_try_at,
            last_error, sent_at, message_id, text)";

uuid need_uuid(const pqxx::field& field) {
  const auto id = parse_uuid(field.c_str());
  if (!id)
    throw std::runtime_error{"the store holds a malformed uuid"};
  return *id;
}

std::optional<timestamp> read_time(const pqxx::field& field) {
  return field.is_null() ? std::nullopt : parse_rfc3339(field.c_str());
}

due_delivery read_due(const std::string& relay, const pqxx::row& row) {
  due_delivery due;
  due.id.value = need_uuid(row[0]);
  due.event.value = need_uuid(row[1]);
  if (const auto type = parse_event_type(row[2].c_str()))
    due.type = *type;
  due.task.value = need_uuid(row[3]);
  due.chat.session.value = row[4].c_str();
  due.chat.relay = relay;
  due.chat.chat_id = row[5].c_str();
  due.chat.thread_id = row[6].c_str();
  due.chat.reply_to = row[7].c_str();
  due.chat.channel_type = row[8].as<std::int32_t>();
  due.chat.locale = row[9].c_str();
  due.payload = row[10].c_str();
  due.envelope = row[11].c_str();
  due.tries = row[12].as<std::uint32_t>();
  due.created_at = read_time(row[13]).value_or(timestamp{});
  return due;
}

deliveries_taken take_in(pqxx::connection& link,
                         const take_deliveries& request) {
  pqxx::work work{link};
  work.exec_params1(take_turns, request.relay);
  const std::string fronts = chat_fronts;
  // By position: RETURNING promises no order.
  std::multimap<std::int64_t, due_delivery> by_position;
  std::set<std::string> chats;
  for (const auto& row : work.exec_params(
           fronts + take_due, request.relay, std::max(request.per_chat, 1U),
           request.limit, request.lease.count())) {
    auto due = read_due(request.relay, row);
    if (!due.chat.chat_id.empty())
      chats.insert(due.chat.chat_id);
    by_position.emplace(row[14].as<std::int64_t>(), std::move(due));
  }
  deliveries_taken answer;
  for (auto& [position, due] : by_position)
    answer.due.push_back(std::move(due));
  const auto taken = chats.empty() ? answer.due.size() : chats.size();
  if (taken >= request.limit)
    answer.more = true;
  else
    answer.next_try_at =
        read_time(work.exec_params1(fronts + soonest, request.relay, 1)[0]);
  work.commit();
  return answer;
}

/// What became of a delivery, as an event of the task's.
event_facts facts_of_end(event_facts facts, const delivery_id& delivery,
                         const std::string& relay, bool sent, timestamp when) {
  facts.id.value = make_uuid_v7();
  facts.type = sent ? event_type::delivery_sent : event_type::delivery_dead;
  facts.occurred_at = when;
  facts.delivery = delivery;
  facts.relay = relay;
  return facts;
}

void write_events(pqxx::work& work, const std::vector<event_facts>& facts) {
  if (facts.empty())
    return;
  sql_array ids;
  sql_array tasks;
  sql_array attempts;
  sql_array types;
  sql_array times;
  sql_array texts;
  for (const auto& one : facts) {
    ids.add(one.id);
    tasks.add(one.task);
    attempts.add(one.attempt);
    types.add(to_string(one.type));
    times.add(one.occurred_at);
    texts.add(write_facts(one));
  }
  work.exec_params0(insert_events, ids.done(), tasks.done(), attempts.done(),
                    types.done(), times.done(), texts.done());
}

committed<deliveries_recorded> record_in(pqxx::connection& link,
                                         const record_deliveries& request) {
  sql_array ids;
  sql_array states;
  sql_array counts;
  sql_array waits;
  sql_array errors;
  sql_array messages;
  sql_array texts;
  for (const auto& result : request.results) {
    ids.add(result.id);
    states.add(to_string(result.state));
    counts.add(result.counts ? 1 : 0);
    waits.add(result.retry_in.count());
    errors.add(result.error);
    messages.add(result.message_id);
    texts.add(result.text.view());
  }
  pqxx::work work{link};
  work.exec_params1(take_turns, request.relay);
  const auto rows = work.exec_params(
      write_results, ids.done(), states.done(), counts.done(), waits.done(),
      errors.done(), messages.done(), texts.done(), request.relay);
  committed<deliveries_recorded> answer;
  for (const auto& row : rows) {
    ++answer.answer.recorded;
    const auto state = parse_delivery_state(row[1].c_str());
    if (state == delivery_state::pending)
      continue;
    if (auto facts = read_facts(row[2].c_str()))
      answer.facts.push_back(
          facts_of_end(*std::move(facts), delivery_id{need_uuid(row[0])},
                       request.relay, state == delivery_state::sent,
                       read_time(row[3]).value_or(now_utc())));
  }
  write_events(work, answer.facts);
  work.commit();
  return answer;
}

delivery_record read_record(const pqxx::row& row) {
  delivery_record record;
  record.id.value = need_uuid(row[0]);
  record.event.value = need_uuid(row[1]);
  record.task.value = need_uuid(row[2]);
  record.relay = row[3].c_str();
  record.chat_id = row[4].c_str();
  if (const auto state = parse_delivery_state(row[5].c_str()))
    record.state = *state;
  record.tries = row[6].as<std::uint32_t>();
  record.next_try_at = read_time(row[7]);
  record.last_error = row[8].c_str();
  record.sent_at = read_time(row[9]);
  record.message_id = row[10].c_str();
  record.text = stored_text::from_store(row[11].c_str());
  return record;
}

/// Nothing was put back: is it because there is none, or because it is pending?
struct redelivery_try {
  std::optional<delivery_record> record;
  bool exists = false;
};

redelivery_try redeliver_in(pqxx::connection& link, const redeliver& request) {
  pqxx::work work{link};
  redelivery_try result;
  const auto id = to_string(request.id);
  const auto rows = work.exec_params(put_back, id);
  if (!rows.empty())
    result.record = read_record(rows[0]);
  else
    result.exists =
        !work.exec_params("SELECT 1 FROM deliveries WHERE id = $1", id).empty();
  work.commit();
  return result;
}

} // namespace

caf::expected<deliveries_taken>
pg_event_store::take(const take_deliveries& request) {
  return connection_.run(
      [&](pqxx::connection& link) { return take_in(link, request); });
}

caf::expected<committed<deliveries_recorded>>
pg_event_store::record(const record_deliveries& request) {
  if (request.results.empty())
    return committed<deliveries_recorded>{};
  return connection_.run(
      [&](pqxx::connection& link) { return record_in(link, request); });
}

caf::expected<redelivery_queued>
pg_event_store::redeliver_one(const redeliver& request) {
  auto result = connection_.run(
      [&](pqxx::connection& link) { return redeliver_in(link, request); });
  if (!result)
    return result.error();
  if (result->record)
    return redelivery_queued{*std::move(result->record)};
  return make_error(result->exists ? ec::not_redeliverable
                                   : ec::delivery_not_found,
                    "delivery " + to_string(request.id));
}

} // namespace telltale
