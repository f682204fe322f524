#pragma once

#include <chrono>
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

namespace telltale {

/// What a failed statement means to its caller.
struct pg_failure {
  ec code = ec::internal_error;
  bool broken = false;    ///< the connection is gone, the outcome unknown
  bool try_again = false; ///< a lost race (deadlock, serialisation): run again
  std::string circumstances{}; ///< safe to log: never a value
  std::string no_room{}; ///< the SQLSTATE, if it lacks disk, memory or such
};

/// Reads an exception that libpqxx threw. The only place that knows them.
[[nodiscard]] pg_failure translate(std::exception_ptr thrown);

/// The connection string with limits on how long a dead network is believed.
[[nodiscard]] std::string with_limits(const std::string& url);

/// One connection of one thread that comes back after a failure. Nothing in
/// here sleeps: while the database stays away, calls fail at once with
/// `database_unavailable` until the next try is due (50 ms, doubling to 2 s).
class pg_connection {
public:
  explicit pg_connection(pg_options options);
  pg_connection(const pg_connection&) = delete;
  pg_connection& operator=(const pg_connection&) = delete;
  ~pg_connection();

  /// A statement for every connection to come. Before the first `run`.
  void prepare(std::string name, std::string sql);
  /// A command for every connection to come, such as a `SET`.
  void on_connect(std::string sql);

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
      auto& link = connect();
      forget_old_plans(link);
      return work(link);
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
  void tell_no_room(const std::string& sqlstate);
  void greet(pqxx::connection& link);
  void forget_old_plans(pqxx::connection& link);

  pg_options options_;
  std::vector<std::pair<std::string, std::string>> statements_;
  std::vector<std::string> greetings_;
  std::optional<pqxx::connection> link_;
  std::chrono::steady_clock::time_point next_try_{};
  std::chrono::steady_clock::time_point plans_made_{};
  std::chrono::steady_clock::time_point next_word_{}; ///< to the watcher
  std::chrono::milliseconds backoff_{0};
  bool was_connected_ = false;
};

/// Thrown while the next try to connect is not due.
struct pg_away : std::exception {
  [[nodiscard]] const char* what() const noexcept override {
    return "the database is away";
  }
};

} // namespace telltale
