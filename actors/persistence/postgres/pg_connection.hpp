#pragma once

#include <chrono>
#include <cstdint>
#include <exception>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <caf/expected.hpp>
#include <pqxx/pqxx>

#include "actors/persistence/persistence.hpp"
#include "messages/error.hpp"
#include "messages/exponential_backoff.hpp"

namespace telltale {

/// What a failed statement means to its caller.
struct pg_failure {
  ec code = ec::internal_error;
  bool broken = false;    ///< the connection is gone, the outcome unknown
  bool try_again = false; ///< a lost race (deadlock, serialisation): run again
  std::string circumstances{}; ///< safe to log: never a value
  std::string shortage{}; ///< the SQLSTATE, if it lacks disk, memory or such
};

/// Reads an exception that libpqxx threw. The only place that knows them.
[[nodiscard]] pg_failure translate(std::exception_ptr thrown);

/// A prepared statement.
struct named_statement {
  std::string name;
  std::string sql;
};
using statement_list = std::vector<named_statement>;

[[nodiscard]] statement_list operator+(statement_list first,
                                       statement_list second);

/// How a connection's statements are planned.
enum class planning : std::uint8_t {
  /// Few rows by key, or the front of an index: the plan that the statement's
  /// shape and the indexes leave, whatever statistics say, or do not say yet.
  by_shape,
  /// Many rows: what the statistics recommend.
  by_statistics,
};

/// One connection of one thread that comes back after a failure. Nothing in
/// here sleeps: while the database stays away, calls fail at once with
/// `database_unavailable` until the next try is due (50 ms, doubling to 2 s).
class pg_connection {
public:
  /// `statements` are prepared on every connection to come.
  explicit pg_connection(pg_options options, statement_list statements = {},
                         planning plans = planning::by_shape);
  pg_connection(const pg_connection&) = delete;
  pg_connection& operator=(const pg_connection&) = delete;
  ~pg_connection();

  /// Runs `work(pqxx::connection&)` once on a live connection; once more
  /// on a fresh one if the connection broke, or after a lost race, so `work`
  /// must bear repetition. Fails with what `translate` says.
  template <class F> auto run(F&& work)
      -> caf::expected<std::invoke_result_t<F&, pqxx::connection&>> {
    pg_failure failure;
    for (int tries = 0;; ++tries) {
      if (auto result = once(work, failure))
        return std::move(*result);
      if ((!failure.broken && !failure.try_again) || tries == max_tries)
        return make_error(failure.code, std::move(failure.circumstances));
    }
  }

  /// Runs `work` once; on failure nothing, and `failure` says why.
  template <class F> auto once(F&& work, pg_failure& failure)
      -> std::optional<std::invoke_result_t<F&, pqxx::connection&>> {
    try {
      return work(connect());
    } catch (...) {
      failure = settle(std::current_exception());
      return std::nullopt;
    }
  }

  /// The live connection; throws what libpqxx throws, or `pg_away`.
  [[nodiscard]] pqxx::connection& connect();

  /// Drops the connection if the exception says that it broke.
  pg_failure settle(std::exception_ptr thrown);

private:
  static constexpr int max_tries = 2;

  void drop() noexcept;
  /// Tells the watcher, at most once a second.
  void report_shortage(const std::string& sqlstate);
  void greet(pqxx::connection& link);

  pg_options options_;
  statement_list statements_;
  planning plans_;
  std::optional<pqxx::connection> link_;
  std::chrono::steady_clock::time_point next_try_{};
  std::chrono::steady_clock::time_point next_word_{}; ///< to the watcher
  exponential_backoff waits_{std::chrono::milliseconds{50},
                             std::chrono::milliseconds{2'000}};
  bool was_connected_ = false;
};

/// For one transaction: its statements are planned for their values, with all
/// that the planner knows. For lists, where the values choose the index.
void plan_by_values(pqxx::transaction_base& transaction);

/// Thrown while the next try to connect is not due.
struct pg_away : std::exception {
  [[nodiscard]] const char* what() const noexcept override {
    return "the database is away";
  }
};

} // namespace telltale
