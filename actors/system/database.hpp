#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>

#include "actors/persistence/embedded/embedded_postgres.hpp"
#include "config/config.hpp"
#include "messages/exponential_backoff.hpp"

namespace telltale {

/// The database that the settings ask for, running as long as this lives. One
/// thread, which lives as long as the process (see `embedded_postgres`).
class service_database {
public:
  using clock = std::chrono::steady_clock;

  /// Starts an embedded one; throws `embedded_postgres_error`, or `interrupted`
  /// once it is told to stop.
  service_database(const config::settings& settings, std::stop_token stop);
  service_database(const service_database&) = delete;
  service_database& operator=(const service_database&) = delete;

  [[nodiscard]] const std::string& url() const { return url_; }

  /// Starts an embedded cluster again that ended by itself, and bounds its log.
  /// A start that fails is tried again later, told once. Throws `interrupted`.
  void look_after();

  /// When `look_after` is due again by itself; nothing: never.
  [[nodiscard]] std::optional<clock::time_point> next_look() const {
    return next_look_;
  }

  /// Ends an embedded one within a limit. False: not in order; it recovers at
  /// its next start.
  bool stop(std::chrono::milliseconds limit) noexcept;

private:
  void start();
  void start_again();

  const config::settings settings_;
  std::stop_token stop_;
  std::string url_;
  std::unique_ptr<embedded_postgres> cluster_;
  std::optional<clock::time_point> next_look_;
  std::optional<clock::time_point> gone_since_; ///< no cluster since
  exponential_backoff waits_{std::chrono::milliseconds{500},
                             std::chrono::milliseconds{10'000}};
  bool told_ = false; ///< that it does not start again
};

/// Throws `migration_error` if the database does not let its role have so many
/// connections at once, and warns if others hold too many now: a service that
/// finds out one store after the other would do half of its work.
void check_connection_room(const std::string& url, std::size_t needed);

/// Brings the schema up to date. A database of somebody else's that is not
/// there yet gets half a minute to come. Throws as `migrate` does.
void migrate_patiently(const std::string& url, bool embedded,
                       const std::stop_token& stop);

} // namespace telltale
