#include "actors/persistence/postgres/pg_runtimes.hpp"

#include <array>
#include <utility>

#include "actors/persistence/postgres/pg_task_store.hpp"
#include "actors/persistence/postgres/sql_array.hpp"
#include "actors/persistence/postgres/task_rows.hpp"
#include "actors/persistence/postgres/uuid_v5.hpp"

// Runners that register by themselves, on PostgreSQL.

namespace telltale {

namespace {

/// Registering is a sign of life, and ends the wait of what was lost with the
/// runner. In one order of locks, as other signs.
constexpr const char* enroll_runtimes =
    "INSERT INTO runners (id, workspace_id, daemon_id, provider, name, device,"
    "   version)"
    " SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[],"
    "   $5::text[], $6::text[], $7::text[]) AS u(id, workspace_id, daemon_id,"
    "   provider, name, device, version) ORDER BY u.id"
    " ON CONFLICT (id) DO UPDATE SET last_seen_at = now(), left_at = NULL,"
    "   workspace_id = EXCLUDED.workspace_id, daemon_id = EXCLUDED.daemon_id,"
    "   provider = EXCLUDED.provider, name = EXCLUDED.name,"
    "   device = EXCLUDED.device, version = EXCLUDED.version";

constexpr const char* leave_runtimes =
    "UPDATE runners SET left_at = now() WHERE id = ANY($1::text[])"
    " AND daemon_id IS NOT NULL AND left_at IS NULL RETURNING id,"
    " workspace_id, daemon_id, provider, name, device, version";

constexpr const char* find_runtimes_statement =
    "SELECT r.id, r.workspace_id, r.daemon_id, r.provider, r.name, r.device,"
    " r.version FROM unnest($1::text[]) WITH ORDINALITY AS u(id, nth)"
    " JOIN runners r ON r.id = ANY(ARRAY[u.id])"
    " WHERE r.daemon_id IS NOT NULL AND r.left_at IS NULL ORDER BY u.nth";

/// Made once by `uuidgen`; runtimes' ids are derived within it.
constexpr std::string_view name_space = "6f1c1c0e-51d7-4d0f-8f5e-2f6f1b3c9a70";

/// What a daemon calls things may hold anything but a NUL, so that is what
/// stands between them.
runner_id id_of(const runtime_record& what) {
  auto name = what.workspace.value;
  name.append(1, '\0').append(what.daemon);
  name.append(1, '\0').append(what.provider);
  return {to_string(make_uuid_v5(*parse_uuid(name_space), name))};
}

runtime_record read_runtime(const pqxx::row& row) {
  const auto text = [&](int at) { return std::string{text_of(row[at])}; };
  runtime_record found;
  found.id = {text(0)};
  found.workspace = {text(1)};
  found.daemon = text(2);
  found.provider = text(3);
  found.name = text(4);
  found.device = text(5);
  found.version = text(6);
  return found;
}

runtimes_found read_runtimes(const pqxx::result& rows) {
  runtimes_found found;
  for (const auto& row : rows)
    found.runtimes.push_back(read_runtime(row));
  return found;
}

std::string as_list(const std::vector<runner_id>& ids) {
  sql_array list;
  for (const auto& id : ids)
    list.add(id.value);
  return list.done();
}

} // namespace

statement_list runtime_statements() {
  return {{"enroll_runtimes", enroll_runtimes},
          {"leave_runtimes", leave_runtimes},
          {"find_runtimes", find_runtimes_statement},
          {"release_runtimes",
           "UPDATE tasks SET awaits_runner = false, version = version + 1"
           " WHERE awaits_runner AND runner_id = ANY($1::text[])"}};
}

caf::expected<runtimes_found>
pg_task_store::enroll(const register_runtimes& what) {
  runtimes_found result{what.runtimes};
  std::vector<runner_id> ids;
  std::array<sql_array, 7> columns;
  for (auto& one : result.runtimes) {
    one.id = id_of(one);
    ids.push_back(one.id);
    const std::array texts{
        one.id.value, one.workspace.value, one.daemon, one.provider,
        one.name,     one.device,          one.version};
    for (std::size_t i = 0; i < columns.size(); ++i)
      columns.at(i).add(texts.at(i));
  }
  std::vector<std::string> parameters;
  for (auto& column : columns)
    parameters.push_back(column.done());
  const auto list = as_list(ids);
  const auto done = db_.run([&](pqxx::connection& link) {
    pqxx::work writing{link};
    writing.exec_prepared("enroll_runtimes",
                          pqxx::prepare::make_dynamic_params(parameters));
    writing.exec_prepared("release_runtimes", list);
    writing.commit();
    return true;
  });
  if (!done)
    return std::move(done.error());
  return result;
}

caf::expected<runtimes_found>
pg_task_store::leave(const deregister_runtimes& what) {
  const auto list = as_list(what.ids);
  return db_.run([&](pqxx::connection& link) {
    pqxx::nontransaction writing{link};
    return read_runtimes(writing.exec_prepared("leave_runtimes", list));
  });
}

caf::expected<runtimes_found>
pg_task_store::runtimes(const find_runtimes& what) {
  const auto list = as_list(what.ids);
  return db_.run([&](pqxx::connection& link) {
    pqxx::nontransaction reading{link};
    return read_runtimes(reading.exec_prepared("find_runtimes", list));
  });
}

} // namespace telltale
