#include "actors/persistence/postgres/pg_mutes.hpp"

#include <utility>

#include "actors/persistence/persistence.hpp"
#include "actors/persistence/postgres/task_rows.hpp"
#include "actors/persistence/stored_text.hpp"

namespace telltale {

namespace {

/// `waiting` is counted in the index of what is pending.
constexpr const char* columns = R"(
  m.relay, m.chat_id, m.until, m.note, m.created_at,
  CASE WHEN m.chat_id = ''
    THEN (SELECT count(*) FROM deliveries d
          WHERE d.relay = m.relay AND d.state = 'pending')
    ELSE (SELECT count(*) FROM deliveries d
          WHERE d.relay = m.relay AND d.state = 'pending'
            AND d.chat_id = m.chat_id) END)";

constexpr const char* upsert = R"(
  WITH m AS (
    INSERT INTO mutes (relay, chat_id, until, note) VALUES ($1, $2, $3, $4)
    ON CONFLICT (relay, chat_id)
      DO UPDATE SET until = excluded.until, note = excluded.note
    RETURNING *)
  SELECT)";

mute_record read_mute(const pqxx::row& row) {
  mute_record mute;
  mute.relay = text_of(row[0]);
  mute.chat_id = text_of(row[1]);
  mute.until = moment_of(row[2]);
  mute.note = stored_text::from_store(std::string{text_of(row[3])});
  mute.created_at = moment_of(row[4]);
  mute.waiting = row[5].as<std::uint64_t>();
  return mute;
}

} // namespace

pg_mutes::pg_mutes(pg_options options) : db_(std::move(options)) {}

caf::expected<mute_put> pg_mutes::put(const put_mute& what) {
  return db_.run([&](pqxx::connection& link) {
    pqxx::work work{link};
    // One that is over is none: a new one begins.
    work.exec0("DELETE FROM mutes WHERE until <= now()");
    const auto row = work.exec_params1(
        std::string{upsert} + columns + " FROM m", what.relay, what.chat_id,
        format_rfc3339(what.until), what.note.view());
    work.commit();
    return mute_put{read_mute(row)};
  });
}

caf::expected<mute_cleared> pg_mutes::clear(const clear_mute& what) {
  auto ended = db_.run([&](pqxx::connection& link) {
    pqxx::nontransaction writing{link};
    return !writing
                .exec_params("DELETE FROM mutes WHERE relay = $1 "
                             "AND chat_id = $2 RETURNING until > now()",
                             what.relay, what.chat_id)
                .empty();
  });
  if (!ended)
    return std::move(ended.error());
  if (!*ended)
    return make_error(ec::mute_not_found);
  return mute_cleared{};
}

caf::expected<mutes_listed> pg_mutes::list(const list_mutes&) {
  return db_.run([&](pqxx::connection& link) {
    pqxx::nontransaction reading{link};
    mutes_listed result;
    for (const auto& row : reading.exec(std::string{"SELECT"} + columns
                                        + " FROM mutes m WHERE m.until > now() "
                                          "ORDER BY m.relay, m.chat_id"))
      result.mutes.push_back(read_mute(row));
    return result;
  });
}

std::unique_ptr<mute_list> make_pg_mutes(pg_options options) {
  return std::make_unique<pg_mutes>(std::move(options));
}

} // namespace telltale
