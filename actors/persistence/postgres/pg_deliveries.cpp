#include <algorithm>
#include <set>
#include <stdexcept>
#include <string_view>

#include <spdlog/spdlog.h>

#include "actors/persistence/postgres/delivery_rows.hpp"
#include "actors/persistence/postgres/event_positions.hpp"
#include "actors/persistence/postgres/facts_codec.hpp"
#include "actors/persistence/postgres/pg_event_log.hpp"
#include "actors/persistence/postgres/sql_array.hpp"
#include "actors/persistence/postgres/store_statements.hpp"
#include "actors/persistence/postgres/uuid_v5.hpp"
#include "actors/persistence/stored_text.hpp"

namespace telltale {

namespace {

/// Takers and recorders of one relay take turns, on all replicas: what is found
/// at the front of a chat stays so until the commit.
constexpr const char* take_turns =
    "SELECT pg_advisory_xact_lock(1952804975, hashtext($1))";
/// The same for takers. Their commit does not wait for the disk: a lease that a
/// crash of the database undoes is taken again, as one that ran out is.
constexpr const char* take_turns_to_lease =
    "SELECT pg_advisory_xact_lock(1952804975, hashtext($1)), "
    "set_config('synchronous_commit', 'off', true)";

/// Of a chat's failures beyond the first $5 only what a count needs. Every row
/// says when the soonest of those that cannot be taken now can be; with nothing
/// to take there is one row that says only this. A long queue of a target
/// without chats is looked at from its front only.
constexpr const char* take_due = R"(,
  chosen AS (
    SELECT chat_id FROM fronts f
    WHERE place = 1 AND free
      AND NOT EXISTS (SELECT 1 FROM muted m WHERE m.chat_id IN ('', f.chat_id))
    ORDER BY position LIMIT $3
  ),
  picked AS (
    (SELECT d.id FROM deliveries d
     WHERE d.id = ANY(ARRAY(
       SELECT f.id FROM fronts f WHERE f.free
         AND (f.chat_id IN (SELECT chat_id FROM chosen)) IS TRUE))
     FOR UPDATE SKIP LOCKED)
  ),
  hooks AS (
    (SELECT d.id FROM deliveries d
     WHERE d.relay = $1 AND d.state = 'pending' AND d.chat_id = ''
       AND d.next_try_at <= now()
       AND (d.leased_until IS NULL OR d.leased_until <= now())
       AND NOT EXISTS (SELECT 1 FROM muted m WHERE m.chat_id = '')
     ORDER BY d.position LIMIT $3 FOR UPDATE SKIP LOCKED)
  ),
  taken AS (
    UPDATE deliveries d
    SET leased_until = now() + $4 * interval '1 millisecond',
        -- Whoever had it before has said nothing: it may have been sent.
        message_key = CASE WHEN d.leased_until IS NULL THEN d.message_key
                           ELSE coalesce(d.message_key, d.id) END
    WHERE d.id = ANY(ARRAY(SELECT id FROM picked
                           UNION ALL SELECT id FROM hooks))
    RETURNING d.*
  ),
  ranked AS (
    SELECT d.id, e.id AS event_id, e.type, e.task_id, e.facts, d.chat_id,
           d.thread_id, d.reply_to, d.channel_type, d.locale, d.tries,
           d.created_at, d.position, d.message_key, d.corrects,
           d.chat_id <> '' AND e.type = 'task:failed'
             AND count(*) FILTER (WHERE e.type = 'task:failed')
                   OVER (PARTITION BY d.chat_id ORDER BY d.position) > $5
             AS slim
    FROM taken d JOIN events e ON e.id = ANY(ARRAY[d.event_id])
  )
  SELECT r.id, soonest, CASE WHEN NOT slim THEN facts END, event_id, task_id,
         CASE WHEN slim THEN facts->>'why' END, chat_id, thread_id, reply_to,
         channel_type, locale, tries, created_at, message_key, corrects,
         CASE WHEN slim THEN facts->>'cause' END
  FROM (
    SELECT least(min(greatest(next_try_at, leased_until,
                              (SELECT max(m.until) FROM muted m
                               WHERE m.chat_id IN ('', w.chat_id)))),
                 (SELECT min(leased_until) FROM taken)) AS soonest
    FROM (
      SELECT id, chat_id, next_try_at, leased_until FROM fronts WHERE place = 1
      UNION ALL
      (SELECT id, '', next_try_at, leased_until FROM deliveries
       WHERE relay = $1 AND state = 'pending' AND chat_id = ''
       ORDER BY position LIMIT 1000)) w
    WHERE w.id NOT IN (SELECT id FROM taken)) later
  LEFT JOIN ranked r ON true
  ORDER BY position)";

/// Another configuration is another target: it is tried.
constexpr const char* forget_other_target =
    "DELETE FROM disabled_relays WHERE relay = $1 AND target <> $2";
constexpr const char* read_disabled =
    "SELECT why FROM disabled_relays WHERE relay = $1 AND target = $2";
constexpr const char* write_disabled =
    "INSERT INTO disabled_relays (relay, target, why) VALUES ($1, $2, $3) "
    "ON CONFLICT (relay) DO UPDATE "
    "SET target = excluded.target, why = excluded.why, since = now()";

/// Found by their ids alone: the index of what is pending would be walked
/// through for each, however many wait there.
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
      text = u.text,
      message_key = CASE WHEN u.doubtful THEN coalesce(d.message_key, d.id)
                         ELSE d.message_key END
  FROM unnest($1::uuid[], $2::text[], $3::integer[], $4::bigint[], $5::text[],
              $6::text[], $7::text[], $9::boolean[])
    AS u (id, state, counts, retry_in, error, message_id, text, doubtful),
    events e
  WHERE d.id = ANY(ARRAY[u.id]) AND d.relay || '' = $8 AND d.state || '' = 'pending'
    AND e.id = ANY(ARRAY[d.event_id])
  RETURNING d.id, d.state, e.facts, now())";

/// Does not wait for the disk, as taking does not.
constexpr const char* renew_statement = R"(
  WITH quick AS MATERIALIZED (
    SELECT set_config('synchronous_commit', 'off', true))
  UPDATE deliveries d
  SET leased_until = clock_timestamp() + $3 * interval '1 millisecond'
  FROM quick
  WHERE d.id = ANY($1::uuid[]) AND d.relay || '' = $2
    AND d.state || '' = 'pending' AND d.leased_until IS NOT NULL)";

/// Waits for the disk: the message is sent right after.
constexpr const char* gather_statement = R"(
  UPDATE deliveries d SET message_key = u.key
  FROM unnest($1::uuid[], $2::uuid[]) AS u (id, key)
  WHERE d.id = ANY(ARRAY[u.id]) AND d.relay || '' = $3
    AND d.state || '' = 'pending')";

/// With their positions, last, as whoever writes events gives them. Nobody has
/// to be told of a delivery's fate.
std::string insert_events() {
  return R"(
  WITH turn AS MATERIALIZED (SELECT )"
         + lock_positions + R"(),
  numbered AS MATERIALIZED (
    SELECT n.*, nextval('event_position') AS position
    FROM turn CROSS JOIN (
      SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::integer[], $4::text[],
                           $5::timestamptz[], $6::json[]) WITH ORDINALITY
        AS u (id, task_id, attempt, type, occurred_at, facts, nth)
      ORDER BY nth) n)
  INSERT INTO events (id, task_id, attempt, type, occurred_at, facts, position)
  SELECT id, task_id, attempt, type, occurred_at, facts, position
  FROM numbered RETURNING position)";
}

/// The facts of a failure of which only its reason and cause were read.
event_facts slim_facts(const pqxx::row& row) {
  event_facts facts;
  facts.id.value = need_uuid(row[3]);
  facts.type = event_type::task_failed;
  facts.task.value = need_uuid(row[4]);
  if (!row[5].is_null())
    facts.failure_reason = failure_reason{row[5].c_str()};
  facts.cause = row[15].c_str();
  return facts;
}

leased_delivery read_due(const std::string& relay, const pqxx::row& row) {
  leased_delivery due;
  due.id.value = need_uuid(row[0]);
  due.chat.relay = relay;
  due.chat.chat_id = row[6].c_str();
  due.chat.thread_id = row[7].c_str();
  due.chat.reply_to = row[8].c_str();
  due.chat.channel_type = row[9].as<std::int32_t>();
  due.chat.locale = row[10].c_str();
  due.tries = row[11].as<std::uint32_t>();
  due.created_at = read_time(row[12]).value_or(timestamp{});
  if (!row[13].is_null())
    due.message = delivery_id{need_uuid(row[13])};
  due.corrects = row[14].as<bool>();
  due.whole = !row[2].is_null();
  auto facts = due.whole ? read_facts(row[2].c_str()) : slim_facts(row);
  if (!facts) {
    // It must not keep the others from being told.
    spdlog::error("delivery {}: its event cannot be read", to_string(due.id));
    facts = event_facts{};
    facts->id.value = need_uuid(row[3]);
    facts->task.value = need_uuid(row[4]);
    facts->type = event_type::task_failed;
  }
  due.facts = *std::move(facts);
  due.chat.session = due.facts.chat_session;
  return due;
}

/// Why a target wants no more; empty if it does. Under the lock of its turn.
std::string find_disabled(pqxx::work& work, const take_deliveries& request) {
  if (request.target.empty())
    return {};
  const auto rows =
      work.exec_prepared("read_disabled", request.relay, request.target);
  if (!rows.empty())
    return rows[0][0].c_str();
  work.exec_prepared0("forget_other_target", request.relay, request.target);
  return {};
}

deliveries_leased take_in(pqxx::connection& link,
                          const take_deliveries& request) {
  // Before the transaction: by this clock the leases end sooner.
  const auto leased_until = std::chrono::steady_clock::now() + request.lease;
  pqxx::work work{link};
  work.exec_prepared1("turns_to_lease", request.relay);
  std::set<std::string> chats;
  deliveries_leased answer;
  answer.disabled = find_disabled(work, request);
  std::optional<timestamp> soonest;
  for (const auto& row : work.exec_prepared(
           "take_due", request.relay, std::max(request.per_chat, 1U),
           request.limit, request.lease.count(), request.whole_per_chat)) {
    soonest = read_time(row[1]);
    if (row[0].is_null())
      break;
    answer.due.push_back(read_due(request.relay, row));
    answer.due.back().leased_until = leased_until;
    const auto& chat = answer.due.back().chat.chat_id;
    if (!chat.empty())
      chats.insert(chat);
  }
  const auto taken = chats.empty() ? answer.due.size() : chats.size();
  if (taken >= request.limit)
    answer.more = true;
  else
    answer.next_try_at = soonest;
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

void write_events(pqxx::work& work, std::vector<committed_event>& events) {
  if (events.empty())
    return;
  sql_array ids;
  sql_array tasks;
  sql_array attempts;
  sql_array types;
  sql_array times;
  sql_array texts;
  for (const auto& one : events) {
    ids.add(one.id);
    tasks.add(one.task);
    attempts.add(one.attempt);
    types.add(to_string(one.type));
    times.add(one.occurred_at);
    texts.add(write_facts(one));
  }
  const auto rows = work.exec_prepared(
      "insert_events", ids.done(), tasks.done(), attempts.done(), types.done(),
      times.done(), texts.done());
  for (std::size_t i = 0; i < events.size(); ++i)
    events[i].position =
        rows.at(static_cast<pqxx::result::size_type>(i))[0].as<std::int64_t>();
}

/// Under the lock of the relay's turn nobody takes a delivery: one whose lease
/// has not ended by now is still the recorder's.
bool is_ours(const delivery_result& result,
             std::chrono::steady_clock::time_point now) {
  return result.state != delivery_state::pending || result.leased_until > now;
}

committed<deliveries_recorded> record_in(pqxx::connection& link,
                                         const record_deliveries& request) {
  pqxx::work work{link};
  work.exec_prepared1("turns", request.relay);
  const auto now = std::chrono::steady_clock::now();
  sql_array ids;
  sql_array states;
  sql_array counts;
  sql_array waits;
  sql_array errors;
  sql_array messages;
  sql_array texts;
  sql_array doubts;
  for (const auto& result : request.results) {
    if (!is_ours(result, now))
      continue;
    ids.add(result.id);
    states.add(to_string(result.state));
    counts.add(result.counts ? 1 : 0);
    waits.add(result.retry_in.count());
    errors.add(result.error);
    messages.add(result.message_id);
    texts.add(result.text);
    doubts.add(result.doubtful);
  }
  const auto rows = work.exec_prepared(
      "write_results", ids.done(), states.done(), counts.done(), waits.done(),
      errors.done(), messages.done(), texts.done(), request.relay,
      doubts.done());
  committed<deliveries_recorded> answer;
  for (const auto& row : rows) {
    ++answer.answer.recorded;
    const auto state = parse_delivery_state(row[1].c_str());
    if (state == delivery_state::pending)
      continue;
    if (auto facts = read_facts(row[2].c_str()))
      answer.events.push_back(
          {facts_of_end(*std::move(facts), delivery_id{need_uuid(row[0])},
                        request.relay, state == delivery_state::sent,
                        read_time(row[3]).value_or(now_utc())),
           0,
           {},
           {}});
  }
  write_events(work, answer.events);
  if (!request.disabled.empty())
    work.exec_prepared0("write_disabled", request.relay, request.target,
                        request.disabled);
  work.commit();
  return answer;
}

} // namespace

statement_list delivery_statements() {
  return {{"turns", take_turns},
          {"turns_to_lease", take_turns_to_lease},
          {"take_due", std::string{chat_fronts} + take_due},
          {"write_results", write_results},
          {"renew", renew_statement},
          {"gather", gather_statement},
          {"insert_events", insert_events()},
          {"read_disabled", read_disabled},
          {"forget_other_target", forget_other_target},
          {"write_disabled", write_disabled}};
}

pg_deliveries::pg_deliveries(pg_options options)
    : connection_(std::move(options), delivery_statements()) {}

caf::expected<deliveries_leased>
pg_deliveries::take(const take_deliveries& request) {
  return connection_.run(
      [&](pqxx::connection& link) { return take_in(link, request); });
}

caf::expected<leases_renewed>
pg_deliveries::renew(const renew_leases& request) {
  sql_array ids;
  for (const auto& id : request.deliveries)
    ids.add(id);
  return connection_.run([&, all = ids.done()](pqxx::connection& link) {
    pqxx::nontransaction work{link};
    work.exec_prepared0("renew", all, request.relay, request.lease.count());
    return leases_renewed{};
  });
}

caf::expected<deliveries_gathered>
pg_deliveries::gather(const gather_deliveries& request) {
  deliveries_gathered answer;
  sql_array ids;
  sql_array keys;
  for (const auto& message : request.messages) {
    answer.keys.push_back(make_message_key(message));
    for (const auto& id : message) {
      ids.add(id);
      keys.add(answer.keys.back());
    }
  }
  return connection_.run(
      [&, rows = ids.done(), values = keys.done()](pqxx::connection& link) {
        pqxx::nontransaction work{link};
        work.exec_prepared0("gather", rows, values, request.relay);
        return answer;
      });
}

caf::expected<committed<deliveries_recorded>>
pg_deliveries::record(const record_deliveries& request) {
  if (request.results.empty())
    return committed<deliveries_recorded>{};
  return connection_.run(
      [&](pqxx::connection& link) { return record_in(link, request); });
}

} // namespace telltale
