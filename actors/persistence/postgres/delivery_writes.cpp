#include "actors/persistence/postgres/delivery_writes.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <unordered_map>
#include <utility>

#include "actors/persistence/postgres/sql_array.hpp"
#include "actors/persistence/postgres/task_rows.hpp"
#include "actors/persistence/postgres/uuid_v5.hpp"

namespace telltale {

namespace {

constexpr const char* statement_name = "write_deliveries";

/// So many deliveries of a relay go from the writer to it at once; the others
/// wait in the store until it asks for them, so that a storm is never held in
/// memory.
constexpr int most_at_once = 32;

constexpr const char* statement = R"(
WITH asked AS MATERIALIZED (
  SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[],
      $5::text[], $6::text[], $7::text[], $8::int[], $9::text[],
      $10::bigint[], $11::bool[], $12::bool[], $13::bigint[])
    AS u(id, event_id, task_id, relay, chat_id, thread_id, reply_to,
      channel_type, locale, position, corrects, routed, lease)
), ranked AS MATERIALIZED (
  SELECT a.*,
    row_number() OVER (PARTITION BY relay ORDER BY position) AS in_relay,
    row_number() OVER (PARTITION BY relay, chat_id ORDER BY position)
      AS in_chat
  FROM asked a
), free AS MATERIALIZED (
  SELECT n.relay, CASE WHEN
      EXISTS (SELECT FROM disabled_relays x
              WHERE x.relay = ANY(ARRAY[n.relay]))
      OR EXISTS (SELECT FROM mutes m
                 WHERE m.relay = ANY(ARRAY[n.relay]) AND m.chat_id = ''
                   AND m.until > now())
    THEN 0 ELSE $14::int - (
      SELECT count(*) FROM (
        SELECT FROM deliveries d
        WHERE d.relay = ANY(ARRAY[n.relay]) AND d.state = 'pending'
        LIMIT $14::int) p) END AS places
  FROM (SELECT relay FROM asked GROUP BY relay) n
), written AS (
  INSERT INTO deliveries (id, event_id, task_id, relay, chat_id, thread_id,
    reply_to, channel_type, locale, position, corrects, routed, leased_until)
  SELECT r.id, r.event_id, r.task_id, r.relay, r.chat_id, r.thread_id,
    r.reply_to, r.channel_type, r.locale, r.position, r.corrects,
    r.routed, CASE WHEN r.lease > 0 AND r.in_relay <= f.places AND (
        r.chat_id = '' OR (
          r.in_chat = 1
          AND NOT EXISTS (SELECT FROM deliveries d
                          WHERE d.relay = ANY(ARRAY[r.relay])
                            AND d.chat_id = r.chat_id AND d.state = 'pending')
          AND NOT EXISTS (SELECT FROM mutes m
                          WHERE m.relay = ANY(ARRAY[r.relay])
                            AND m.chat_id = r.chat_id AND m.until > now())))
      THEN clock_timestamp() + r.lease * interval '1 millisecond' END
  FROM ranked r JOIN free f ON f.relay = r.relay
  ORDER BY r.position
  RETURNING id, leased_until IS NOT NULL, created_at
)
SELECT * FROM written)";

constexpr const char* earlier_statement = R"(
SELECT d.id, d.relay, d.chat_id, d.thread_id, d.reply_to, d.channel_type,
  d.locale, d.state, d.message_key IS NOT NULL OR d.leased_until IS NOT NULL
FROM deliveries d JOIN events e ON e.id = ANY(ARRAY[d.event_id])
WHERE d.task_id = ANY(ARRAY[$1::uuid]) AND (d.chat_id <> '' OR d.routed)
  AND e.type IN ('task:failed', 'task:amended')
FOR UPDATE OF d)";

constexpr const char* amended_statement = R"(
SELECT e.id FROM events e
WHERE e.task_id = ANY(ARRAY[$1::uuid]) AND e.type IN ('task:failed', 'task:amended')
ORDER BY e.position + 0 DESC LIMIT 1)";

constexpr const char* supersede_statement = R"(
UPDATE deliveries SET state = 'superseded', next_try_at = NULL
WHERE id = ANY($1::uuid[]) AND state || '' = 'pending')";

/// A delivery on its way into the table.
struct row {
  std::size_t event;
  due_delivery due;
};

std::chrono::milliseconds lease_of(const std::vector<relay_target>& relays,
                                   const std::string& relay) {
  const auto found = std::ranges::find(relays, relay, &relay_target::relay);
  return found == relays.end() ? std::chrono::milliseconds{0} : found->lease;
}

/// The statement's columns, filled row by row.
class columns {
public:
  void add(const event_to_tell& from, const due_delivery& due, bool routed,
           std::int64_t lease) {
    const auto& chat = due.chat;
    put(due.id, from.event->id, from.event->task, chat.relay, chat.chat_id,
        chat.thread_id, chat.reply_to, chat.channel_type, chat.locale,
        from.position, due.corrects, routed, lease);
  }

  std::vector<std::string> parameters() {
    std::vector<std::string> all;
    for (auto& column : columns_)
      all.push_back(column.done());
    all.push_back(std::to_string(most_at_once));
    return all;
  }

private:
  static constexpr std::size_t size = 13;

  template <class... Values> void put(const Values&... values) {
    static_assert(sizeof...(Values) == size);
    std::size_t at = 0;
    (columns_[at++].add(values), ...);
  }

  std::array<sql_array, size> columns_;
};

} // namespace

statement_list delivery_write_statements() {
  return {{statement_name, statement},
          {"find_earlier", earlier_statement},
          {"find_amended", amended_statement},
          {"supersede", supersede_statement}};
}

std::vector<told_event>
write_deliveries(pqxx::transaction_base& transaction,
                 std::span<const event_to_tell> events,
                 const std::vector<relay_target>& relays) {
  std::vector<told_event> told(events.size());
  std::unordered_map<delivery_id, row> rows;
  columns values;
  sql_array superseded;
  bool any_superseded = false;
  // Before the store's clock is asked: by this one the leases end sooner.
  const auto now = std::chrono::steady_clock::now();
  for (std::size_t i = 0; i < events.size(); ++i) {
    const auto& from = events[i];
    for (const auto& id : from.superseded) {
      superseded.add(id);
      any_superseded = true;
    }
    for (const auto& target : from.targets) {
      due_delivery due;
      const auto& chat = target.chat;
      const auto lease = lease_of(relays, chat.relay);
      due.id = make_delivery_id(from.event->id, chat.relay, chat.chat_id);
      due.chat = chat;
      due.corrects = target.corrects;
      due.leased_until = now + lease;
      values.add(from, due, target.routed, lease.count());
      rows.emplace(due.id, row{i, std::move(due)});
    }
  }
  if (any_superseded)
    transaction.exec_prepared0("supersede", superseded.done());
  if (rows.empty())
    return told;
  for (const auto& written : transaction.exec_prepared(
           statement_name,
           pqxx::prepare::make_dynamic_params(values.parameters()))) {
    auto& one = rows.at(delivery_id{uuid_of(written[0])});
    auto& to = told[one.event];
    if (written[1].as<bool>()) {
      one.due.created_at = moment_of(written[2]);
      to.leased.push_back(std::move(one.due));
    } else if (std::ranges::count(to.waiting, one.due.chat.relay) == 0) {
      to.waiting.push_back(one.due.chat.relay);
    }
  }
  return told;
}

follow_up find_follow_up(pqxx::transaction_base& transaction,
                         const task_id& task) {
  std::vector<earlier_delivery> earlier;
  for (const auto& row :
       transaction.exec_prepared("find_earlier", to_string(task))) {
    auto& one = earlier.emplace_back();
    one.id = {uuid_of(row[0])};
    one.chat.relay = text_of(row[1]);
    one.chat.chat_id = text_of(row[2]);
    one.chat.thread_id = text_of(row[3]);
    one.chat.reply_to = text_of(row[4]);
    one.chat.channel_type = row[5].as<std::int32_t>();
    one.chat.locale = text_of(row[6]);
    one.state =
        parse_delivery_state(text_of(row[7])).value_or(delivery_state::dead);
    one.is_tried = row[8].as<bool>();
  }
  return choose_follow_up(earlier);
}

std::optional<event_id> find_amended(pqxx::transaction_base& transaction,
                                     const task_id& task) {
  const auto rows = transaction.exec_prepared("find_amended", to_string(task));
  if (rows.empty())
    return std::nullopt;
  return event_id{uuid_of(rows[0][0])};
}

} // namespace telltale
