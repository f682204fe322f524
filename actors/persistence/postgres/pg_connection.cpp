#include "actors/persistence/postgres/pg_connection.hpp"

#include <algorithm>
#include <array>
#include <iterator>
#include <string_view>

#include <caf/send.hpp>
#include <spdlog/spdlog.h>

#include "actors/persistence/postgres/pg_greeting.hpp"
#include "messages/in_process.hpp"

namespace telltale {

namespace {

/// One plan a statement, made of its shape: joins in the order in which they
/// are written, each by an index that fits. What takes whole tables is dear, so
/// it is taken where nothing else fits. Still the planner may turn two tables
/// round, and begin with the one that it takes for empty; statements say where
/// it must not by writing a join's key as `= ANY(ARRAY[key])`, which goes one
/// way alone, and name an order that one index has.
/// tests/integration/plans_test.cpp reads the plans of all statements.
constexpr std::array plan_by_shape{
    "plan_cache_mode = force_generic_plan",
    "enable_seqscan = off",
    "enable_bitmapscan = off",
    "enable_hashjoin = off",
    "enable_mergejoin = off",
    "enable_hashagg = off",
    "join_collapse_limit = 1",
    "enable_incremental_sort = off",
    "enable_material = off",
    "enable_memoize = off",
    "jit = off",
    "max_parallel_workers_per_gather = 0",
};

/// Says the server so while a connection is made, which gives no SQLSTATE? The
/// texts are those of PostgreSQL's own messages in English.
bool lacks_connections(std::string_view text) {
  return text.find("too many clients") != text.npos
         || text.find("too many connections") != text.npos
         || text.find("remaining connection slots") != text.npos;
}

/// An input or output error that is about space.
bool lacks_space(std::string_view state, std::string_view text) {
  return state == "58030"
         && (text.find("No space left") != text.npos
             || text.find("Disk quota exceeded") != text.npos);
}

pg_failure read(const pqxx::sql_error& e) {
  const std::string state = e.sqlstate();
  pg_failure result;
  result.circumstances = "SQLSTATE " + (state.empty() ? "unknown" : state);
  const auto is_class = [&](std::string_view wanted) {
    return state.starts_with(wanted);
  };
  if (state == "40001" || state == "40P01") {
    result.try_again = true;
    result.code = ec::database_unavailable;
  } else if (is_class("22")) {
    result.code = ec::invalid_field;
  } else if (is_class("53") || lacks_space(state, e.what())) {
    // Disk, memory, connections: the statement was refused, the connection is
    // good.
    result.code = ec::database_full;
    result.shortage = state;
  } else if (is_class("57P") || is_class("08") || state == "25006") {
    // Shut down, connection trouble, a read-only standby.
    result.broken = true;
    result.code = ec::database_unavailable;
  } else if (state == "57014" || state == "55P03") {
    result.code = ec::database_unavailable; // statement or lock timeout
  }
  return result;
}

} // namespace

pg_failure translate(std::exception_ptr thrown) {
  pg_failure result;
  try {
    std::rethrow_exception(std::move(thrown));
  } catch (const pg_away& e) {
    result.code = ec::database_unavailable;
    result.circumstances = e.what();
  } catch (const pqxx::broken_connection& e) {
    result.broken = true;
    if (lacks_connections(e.what())) {
      result.code = ec::database_full;
      result.shortage = "53300";
      result.circumstances = "SQLSTATE 53300";
    } else {
      result.code = ec::database_unavailable;
      result.circumstances = "the connection to the database broke";
    }
  } catch (const pqxx::in_doubt_error&) {
    result.code = ec::database_unavailable;
    result.broken = true;
    result.circumstances = "nobody knows whether a commit went through";
  } catch (const pqxx::statement_completion_unknown&) {
    result.code = ec::database_unavailable;
    result.broken = true;
    result.circumstances = "nobody knows whether a statement went through";
  } catch (const pqxx::transaction_rollback&) {
    // Serialization failures and deadlocks, which are no `sql_error` there.
    result.code = ec::database_unavailable;
    result.try_again = true;
    result.circumstances = "a lost race with another transaction";
  } catch (const pqxx::sql_error& e) {
    result = read(e);
  } catch (const pqxx::failure&) {
    // Mostly a connection that failed in a way of its own.
    result.code = ec::database_unavailable;
    result.broken = true;
    result.circumstances = "the database library gave up";
  } catch (const std::exception& e) {
    result.circumstances = e.what();
  } catch (...) {
    result.circumstances = "an exception of unknown type";
  }
  return result;
}

statement_list operator+(statement_list first, statement_list second) {
  std::ranges::move(second, std::back_inserter(first));
  return first;
}

pg_connection::~pg_connection() {
  drop();
}

pg_connection::pg_connection(pg_options options, statement_list statements,
                             planning plans)
    : options_(std::move(options)), statements_(std::move(statements)),
      plans_(plans) {}

pqxx::connection& pg_connection::connect() {
  if (link_)
    return *link_;
  const auto now = std::chrono::steady_clock::now();
  if (now < next_try_)
    throw pg_away{};
  if (options_.sockets->cut())
    throw pg_away{};
  next_try_ = now + waits_.next();
  link_.emplace(with_limits(options_.url));
  if (!options_.sockets->add(link_->sock())) {
    link_.reset();
    throw pg_away{};
  }
  try {
    greet(*link_);
  } catch (...) {
    drop();
    throw;
  }
  if (was_connected_)
    options_.counters->add(counter::database_reconnects_total);
  was_connected_ = true;
  waits_.reset();
  next_try_ = {};
  return *link_;
}

void pg_connection::greet(pqxx::connection& link) {
  telltale::greet(link, {options_.statement_timeout, idle_limit});
  pqxx::nontransaction session{link};
  std::string settings;
  if (plans_ == planning::by_statistics)
    settings = "SET plan_cache_mode = force_custom_plan";
  else
    for (const std::string setting : plan_by_shape)
      settings += "SET " + setting + ";";
  session.exec(settings);
  for (const auto& [name, sql] : statements_)
    link.prepare(name, sql);
}

void pg_connection::drop() noexcept {
  if (!link_)
    return;
  options_.sockets->remove(link_->sock());
  link_.reset();
}

pg_failure pg_connection::settle(std::exception_ptr thrown) {
  auto failure = translate(std::move(thrown));
  if (failure.broken) {
    // Tries to connect that fail are told by whoever watches the database, once
    // for all connections.
    if (link_ && !options_.sockets->cut())
      spdlog::warn("database connection dropped: {}", failure.circumstances);
    drop();
  }
  if (!failure.shortage.empty())
    report_shortage(failure.shortage);
  return failure;
}

void plan_by_values(pqxx::transaction_base& transaction) {
  transaction.exec("SET LOCAL plan_cache_mode = force_custom_plan;"
                   "SET LOCAL join_collapse_limit TO DEFAULT;"
                   "SET LOCAL enable_bitmapscan = on;"
                   "SET LOCAL enable_hashagg = on;"
                   "SET LOCAL enable_incremental_sort = on;"
                   "SET LOCAL enable_material = on;"
                   "SET LOCAL enable_memoize = on");
}

void pg_connection::report_shortage(const std::string& sqlstate) {
  const auto now = std::chrono::steady_clock::now();
  if (!options_.watcher || now < next_word_)
    return;
  next_word_ = now + std::chrono::seconds{1};
  caf::anon_send(options_.watcher, database_refused{sqlstate});
}

} // namespace telltale
