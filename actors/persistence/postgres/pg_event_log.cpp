#include "actors/persistence/postgres/pg_event_log.hpp"

#include <memory>
#include <utility>

#include <spdlog/spdlog.h>

#include "actors/persistence/postgres/facts_codec.hpp"
#include "actors/persistence/postgres/store_statements.hpp"

namespace telltale {

namespace {

/// What is visible has all its predecessors visible, so the newest that a
/// reader sees is where it goes on from. Retention leaves the newest event.
constexpr const char* read_log = R"(
  SELECT o.newest, o.oldest, e.position, e.facts
  FROM (SELECT (SELECT coalesce(max(position), 0) FROM events) AS newest,
               (SELECT coalesce(min(position), 0) FROM events) AS oldest) o
  LEFT JOIN (SELECT position, facts
             FROM events WHERE position > $1
             ORDER BY position LIMIT $2) e ON true
  ORDER BY e.position)";

events_found read_in(pqxx::connection& link, const read_events& request) {
  pqxx::read_transaction work{link};
  events_found found;
  for (const auto& row :
       work.exec_prepared("read_log", request.after, request.limit)) {
    found.newest = row[0].as<std::int64_t>();
    found.oldest = row[1].as<std::int64_t>();
    if (row[2].is_null())
      continue;
    const auto position = row[2].as<std::int64_t>();
    if (auto facts = read_facts(row[3].c_str()))
      found.events.push_back({*std::move(facts), position, {}, {}});
    else // it must not keep the others from being read
      spdlog::error("the event at position {} cannot be read", position);
  }
  return found;
}

} // namespace

statement_list event_log_statements() {
  return {{"read_log", read_log}};
}

pg_event_log::pg_event_log(pg_options options)
    : connection_(std::move(options), event_log_statements()) {}

caf::expected<events_found> pg_event_log::read(const read_events& request) {
  return connection_.run(
      [&](pqxx::connection& link) { return read_in(link, request); });
}

std::unique_ptr<event_log_store> make_pg_event_log(pg_options options) {
  return std::make_unique<pg_event_log>(std::move(options));
}

std::unique_ptr<delivery_store> make_pg_deliveries(pg_options options) {
  return std::make_unique<pg_deliveries>(std::move(options));
}

std::unique_ptr<redelivery_store> make_pg_redeliveries(pg_options options) {
  return std::make_unique<pg_redeliveries>(std::move(options));
}

} // namespace telltale
