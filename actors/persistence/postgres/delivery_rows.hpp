#pragma once

#include <optional>
#include <stdexcept>
#include <string>

#include <pqxx/pqxx>

#include "actors/persistence/persistence.hpp"
#include "actors/persistence/postgres/pg_connection.hpp"
#include "messages/deliveries.hpp"

// What the statements about deliveries share. Inside this folder only.

namespace telltale {

/// The first pending deliveries of every chat, at most $2, and whether each and
/// all before it are free to be taken; and what operators hold back. Jumps from
/// chat to chat in the index, however long a chat's backlog is.
inline constexpr const char* chat_fronts = R"(
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
      SELECT d.id, d.position, d.next_try_at, d.leased_until, d.created_at,
             row_number() OVER (ORDER BY d.position) AS place,
             bool_and(d.next_try_at <= now()
                      AND (d.leased_until IS NULL OR d.leased_until <= now()))
               OVER (ORDER BY d.position) AS free
      FROM (SELECT * FROM deliveries p
            WHERE p.relay = $1 AND p.state = 'pending'
              AND p.chat_id = c.chat_id
            ORDER BY p.position LIMIT $2) d) f
    WHERE c.chat_id IS NOT NULL
  ),
  muted AS (
    SELECT chat_id, until FROM mutes WHERE relay = $1 AND until > now()
  ))";

inline uuid need_uuid(const pqxx::field& field) {
  const auto id = parse_uuid(field.c_str());
  if (!id)
    throw std::runtime_error{"the store holds a malformed uuid"};
  return *id;
}

inline std::optional<timestamp> read_time(const pqxx::field& field) {
  return field.is_null() ? std::nullopt : parse_rfc3339(field.c_str());
}

} // namespace telltale
