#pragma once

#include <memory>
#include <string_view>

#include <spdlog/common.h>

#include "config/config.hpp"

namespace spdlog {
class logger;
}

namespace telltale {

/// Sets the default logger up: to standard error, one record per line in the
/// configured format. Call once, before other threads log.
void start_logging(const config::log_config& what);

/// Takes levels over: the default's, and those of single actors. Actors that
/// are no longer named follow the default. Any thread.
void change_levels(const config::log_config& what);

/// The logger of one actor, made when it is first asked for: what it logs bears
/// its name and obeys its own level. Any thread.
[[nodiscard]] std::shared_ptr<spdlog::logger> logger_of(std::string_view actor);

/// The level that the configuration calls so; `info` for any other word.
[[nodiscard]] spdlog::level::level_enum level_named(std::string_view word);

} // namespace telltale
