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
      $10::bigint[], $11::bool[], $12::bigint[])
    AS u(id, event_id, task_id, relay, chat_id, thread_id, reply_to,
      channel_type, locale, position, after_failure, lease)
  WHERE NOT after_failure OR EXISTS (
    SELECT FROM deliveries d JOIN events e ON e.id = ANY(ARRAY[d.event_id])
    WHERE d.task_id = ANY(ARRAY[u.task_id]) AND d.relay || '' = u.relay
      AND d.chat_id || '' = u.chat_id AND d.state || '' <> 'dead'
      AND e.type = 'task:failed')
), ranked AS MATERIALIZED (
  SELECT a.*,
    row_number() OVER (PARTITION BY relay ORDER BY position) AS in_relay,
    row_number() OVER (PARTITION BY relay, chat_id ORDER BY position)
      AS in_chat
  FROM asked a
), room AS MATERIALIZED (
  SELECT n.relay, CASE WHEN
      EXISTS (SELECT FROM disabled_relays x
              WHERE x.relay = ANY(ARRAY[n.relay]))
      OR EXISTS (SELECT FROM mutes m
                 WHERE m.relay = ANY(ARRAY[n.relay]) AND m.chat_id = ''
                   AND m.until > now())
    THEN 0 ELSE $13::int - (
      SELECT count(*) FROM (
        SELECT FROM deliveries d
        WHERE d.relay = ANY(ARRAY[n.relay]) AND d.state = 'pending'
        LIMIT $13::int) p) END AS places
  FROM (SELECT relay FROM asked GROUP BY relay) n
), written AS (
  INSERT INTO deliveries (id, event_id, task_id, relay, chat_id, thread_id,
    reply_to, channel_type, locale, position, leased_until)
  SELECT r.id, r.event_id, r.task_id, r.relay, r.chat_id, r.thread_id,
    r.reply_to, r.channel_type, r.locale, r.position,
    CASE WHEN r.lease > 0 AND r.in_relay <= f.places AND (
        r.chat_id = '' OR (
          r.in_chat = 1
          AND NOT EXISTS (SELECT FROM deliveries d
                          WHERE d.relay = ANY(ARRAY[r.relay])
                            AND d.chat_id = r.chat_id AND d.state = 'pending')
          AND NOT EXISTS (SELECT FROM mutes m
                          WHERE m.relay = ANY(ARRAY[r.relay])
                            AND m.chat_id = r.chat_id AND m.until > now())))
      THEN now() + r.lease * interval '1 millisecond' END
  FROM ranked r JOIN room f ON f.relay = r.relay
  ORDER BY r.position
  RETURNING id, leased_until IS NOT NULL, created_at
)
SELECT * FROM written)";

/// A delivery on its way into the table.
struct row {
  std::size_t event;
  due_delivery due;
};

std::int64_t lease_of(const std::vector<relay_target>& relays,
                      const std::string& relay) {
  const auto found = std::ranges::find(relays, relay, &relay_target::relay);
  return found == relays.end() ? 0 : found->lease.count();
}

/// The statement's columns, filled row by row.
class columns {
public:
  void add(const event_to_tell& from, const due_delivery& due,
           std::int64_t lease) {
    const auto& chat = due.chat;
    const bool after_failure =
        from.event->type == event_type::task_recovered && !chat.chat_id.empty();
    put(due.id, from.event->id, from.event->task, chat.relay, chat.chat_id,
        chat.thread_id, chat.reply_to, chat.channel_type, chat.locale,
        from.position, after_failure, lease);
  }

  std::vector<std::string> parameters() {
    std::vector<std::string> all;
    for (auto& column : columns_)
      all.push_back(column.done());
    all.push_back(std::to_string(most_at_once));
    return all;
  }

private:
  static constexpr std::size_t size = 12;

  template <class... Values> void put(const Values&... values) {
    static_assert(sizeof...(Values) == size);
    std::size_t at = 0;
    (columns_[at++].add(values), ...);
  }

  std::array<sql_array, size> columns_;
};

} // namespace

statement_list delivery_write_statements() {
  return {{statement_name, statement}};
}

std::vector<told_event>
write_deliveries(pqxx::transaction_base& transaction,
                 std::span<const event_to_tell> events,
                 const std::vector<relay_target>& relays) {
  std::vector<told_event> told(events.size());
  std::unordered_map<delivery_id, row> rows;
  columns values;
  for (std::size_t i = 0; i < events.size(); ++i) {
    const auto& from = events[i];
    for (const auto& target : from.targets) {
      due_delivery due;
      due.id = make_delivery_id(from.event->id, target.relay, target.chat_id);
      due.chat = target;
      values.add(from, due, lease_of(relays, target.relay));
      rows.emplace(due.id, row{i, std::move(due)});
    }
  }
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

} // namespace telltale
