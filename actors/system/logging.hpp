#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include <spdlog/common.h>

#include "config/config.hpp"

namespace spdlog {
class logger;
}

namespace telltale {

/// Sets the default logger up: to standard error, one record per line in the
/// configured format, written by a thread of its own (`log_queue`). Call once,
/// before other threads log and after signals are blocked.
void start_logging(const config::log_config& what);

/// Writes what is left, within a fraction of a second even if nobody reads it,
/// and ends the thread. What is logged later is lost.
void end_logging();

/// Lines that were lost since nobody read the log fast enough. Any thread.
[[nodiscard]] std::uint64_t log_lines_dropped();

/// A span of the process in which it logs.
class logging_session {
public:
  explicit logging_session(const config::log_config& what) {
    start_logging(what);
  }
  logging_session(const logging_session&) = delete;
  logging_session& operator=(const logging_session&) = delete;
  ~logging_session() { end_logging(); }
};

/// Takes levels over: the default's, and those of single actors. Actors that
/// are no longer named follow the default. Any thread.
void change_levels(const config::log_config& what);

/// The logger of one actor, made when it is first asked for: what it logs bears
/// its name and obeys its own level. Any thread.
[[nodiscard]] std::shared_ptr<spdlog::logger> logger_of(std::string_view actor);

/// The level that the configuration calls so; `info` for any other word.
[[nodiscard]] spdlog::level::level_enum level_named(std::string_view word);

} // namespace telltale
