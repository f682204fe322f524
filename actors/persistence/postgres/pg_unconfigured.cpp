#include "actors/persistence/postgres/delivery_rows.hpp"
#include "actors/persistence/postgres/pg_event_log.hpp"
#include "actors/persistence/postgres/sql_array.hpp"

// What waits for relays that no configuration names.

namespace telltale {

namespace {

/// Asked rarely: it needs no prepared statement.
constexpr const char* pending_of_others = R"(
  SELECT id, relay FROM deliveries
  WHERE state = 'pending' AND relay <> ALL ($1::text[])
    AND (leased_until IS NULL OR leased_until <= now())
  ORDER BY relay, position LIMIT 1000)";

} // namespace

caf::expected<std::vector<record_deliveries>>
pg_deliveries::find_unconfigured(const configured_relays& known) {
  sql_array names;
  for (const auto& name : known.names)
    names.add(name);
  return connection_.run([&, values = names.done()](pqxx::connection& link) {
    pqxx::nontransaction work{link};
    std::vector<record_deliveries> found;
    for (const auto& row : work.exec_params(pending_of_others, values)) {
      const std::string relay = row[1].c_str();
      if (found.empty() || found.back().relay != relay)
        found.emplace_back().relay = relay;
      auto& one = found.back().results.emplace_back();
      one.id = delivery_id{need_uuid(row[0])};
      one.state = delivery_state::dead;
      one.error = "no configuration names the relay " + relay
                  + ": name it again, then redeliver";
      one.counts = false;
    }
    return found;
  });
}

} // namespace telltale
