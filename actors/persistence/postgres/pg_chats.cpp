#include "actors/persistence/postgres/pg_task_store.hpp"

#include <utility>

#include "actors/persistence/postgres/task_rows.hpp"

// Which chat a chat session is bound to, on PostgreSQL.

namespace telltale {

namespace {

constexpr const char* columns =
    "id, relay, chat_id, thread_id, reply_to, channel_type, locale";

chats_listed read_bindings(const pqxx::result& rows) {
  chats_listed result;
  for (const auto& row : rows)
    result.bindings.push_back(*read_binding(row, 0));
  return result;
}

} // namespace

caf::expected<chats_listed> pg_task_store::bind(const bind_chat& what) {
  return db_.run([&](pqxx::connection& link) {
    const auto& b = what.binding;
    pqxx::nontransaction writing{link};
    return read_bindings(writing.exec_params(
        std::string{
            "INSERT INTO chat_sessions (id, relay, chat_id, thread_id,"
            " reply_to, channel_type, locale)"
            " VALUES ($1, $2, $3, $4, $5, $6::int, $7)"
            " ON CONFLICT (id) DO UPDATE SET relay = excluded.relay,"
            " chat_id = excluded.chat_id, thread_id = excluded.thread_id,"
            " reply_to = excluded.reply_to,"
            " channel_type = excluded.channel_type,"
            " locale = excluded.locale, updated_at = now() RETURNING "}
            + columns,
        b.session.value, b.relay, b.chat_id, b.thread_id, b.reply_to,
        b.channel_type, b.locale));
  });
}

caf::expected<chats_listed> pg_task_store::unbind(const unbind_chat& what) {
  auto gone = db_.run([&](pqxx::connection& link) {
    pqxx::nontransaction writing{link};
    return read_bindings(writing.exec_params(
        std::string{"DELETE FROM chat_sessions WHERE id = $1 RETURNING "}
            + columns,
        what.session.value));
  });
  if (gone && gone->bindings.empty())
    return make_error(ec::chat_session_not_found,
                      "chat session " + what.session.value);
  return gone;
}

caf::expected<chats_listed> pg_task_store::list(const list_chats& what) {
  return db_.run([&](pqxx::connection& link) {
    pqxx::nontransaction reading{link};
    std::optional<std::string> one;
    if (what.session)
      one = what.session->value;
    return read_bindings(reading.exec_params(
        std::string{"SELECT "} + columns
            + " FROM chat_sessions WHERE ($1::text IS NULL OR id = $1)"
              " AND id > $2 ORDER BY id LIMIT $3::bigint",
        one, what.after.value, what.limit));
  });
}

} // namespace telltale
