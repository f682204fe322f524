#include "actors/system/database.hpp"

#include <algorithm>
#include <utility>

#include <spdlog/spdlog.h>

#include "actors/persistence/embedded/interrupted.hpp"
#include "actors/persistence/postgres/migrate.hpp"
#include "actors/persistence/postgres/server_checks.hpp"
#include "actors/system/service.hpp"

namespace telltale {

namespace {

using namespace std::chrono_literals;

/// From one look at the size of the cluster's log to the next.
constexpr auto between_looks = 5s;
constexpr auto between_tries = 2s;
constexpr int most_tries = 15;

} // namespace

service_database::service_database(const config::settings& settings,
                                   std::stop_token stop)
    : settings_(settings), stop_(std::move(stop)) {
  if (settings_.database.mode == "url") {
    url_ = settings_.database.url.reveal();
    return;
  }
  start();
  next_look_ = clock::now() + between_looks;
}

void service_database::start() {
  embedded_postgres_options options;
  options.data_dir = settings_.database.data_dir;
  // And some for whoever looks into it, and for its superuser.
  options.max_connections = std::max(
      options.max_connections,
      static_cast<std::uint32_t>(service::connections_needed(settings_) + 16));
  options.stop = stop_;
  options.progress = [](std::string_view step) { spdlog::info("{}", step); };
  cluster_ = std::make_unique<embedded_postgres>(
      embedded_postgres::start(std::move(options)));
  url_ = cluster_->url();
}

void service_database::look_after() {
  if (!next_look_)
    return;
  if (cluster_ && cluster_->is_running()) {
    if (clock::now() >= *next_look_) {
      static_cast<void>(cluster_->bound_log());
      next_look_ = clock::now() + between_looks;
    }
    return;
  }
  start_again();
}

void service_database::start_again() {
  if (cluster_) {
    spdlog::error("the embedded database ended by itself (its log: {}); "
                  "starting it again",
                  cluster_->log_file().string());
    cluster_.reset();
    gone_since_ = clock::now();
    waits_.reset();
    told_ = false;
  } else if (clock::now() < *next_look_) {
    return;
  }
  try {
    start();
    spdlog::info(
        "the embedded database runs again after {:.1f} s",
        std::chrono::duration<double>(clock::now() - *gone_since_).count());
    gone_since_.reset();
    next_look_ = clock::now() + between_looks;
  } catch (const embedded_postgres_error& problem) {
    if (!std::exchange(told_, true))
      spdlog::error("the embedded database does not start again, which is "
                    "tried until it does: {}",
                    problem.what());
    next_look_ = clock::now() + waits_.next();
  }
}

bool service_database::stop(std::chrono::milliseconds limit) noexcept {
  return !cluster_ || cluster_->stop(limit);
}

void check_connection_room(const std::string& url, std::size_t needed) {
  const auto room = read_connection_room(url);
  if (room.allowed < needed)
    throw migration_error{
        "the database allows this role " + std::to_string(room.allowed)
        + " connections at once, and the service needs "
        + std::to_string(needed)
        + "; raise max_connections or the CONNECTION LIMIT of the role or the "
          "database, or lower database.connections"};
  if (room.free() < needed)
    spdlog::warn("of the database's {} connections others hold {} now, and the "
                 "service needs {}: raise max_connections",
                 room.total, room.others, needed);
}

void migrate_patiently(const std::string& url, bool embedded,
                       const std::stop_token& stop) {
  for (int tries = embedded ? 1 : most_tries;; --tries) {
    try {
      const auto report = migrate(url, stop);
      for (const auto& name : report.applied)
        spdlog::info("applied migration {}", name);
      return;
    } catch (const database_unreachable& problem) {
      if (tries <= 1)
        throw;
      spdlog::warn("waiting for the database, {} tries left: {}", tries - 1,
                   problem.what());
      pause_unless_stopped(stop, between_tries);
    }
  }
}

} // namespace telltale
