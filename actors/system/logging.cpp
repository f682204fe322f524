#include "actors/system/logging.hpp"

#include <map>
#include <mutex>
#include <string>

#include <spdlog/sinks/ansicolor_sink.h>
#include <spdlog/spdlog.h>

#include "actors/system/log_format.hpp"

namespace telltale {

namespace {

using level = spdlog::level::level_enum;

/// Levels that hold now; a logger that is made later looks here.
struct level_book {
  std::mutex guard;
  level usual = level::info;
  std::map<std::string, level, std::less<>> of_actors;
};

level_book& book() {
  static level_book levels;
  return levels;
}

/// Caller holds the book's lock.
level level_for(const level_book& levels, std::string_view actor) {
  const auto found = levels.of_actors.find(actor);
  return found == levels.of_actors.end() ? levels.usual : found->second;
}

} // namespace

spdlog::level::level_enum level_named(std::string_view word) {
  if (word == "trace")
    return level::trace;
  if (word == "debug")
    return level::debug;
  if (word == "warn")
    return level::warn;
  if (word == "error")
    return level::err;
  if (word == "off")
    return level::off;
  return level::info;
}

void start_logging(const config::log_config& what) {
  auto sink = std::make_shared<spdlog::sinks::ansicolor_stderr_sink_mt>();
  sink->set_formatter(what.format == "json" ? make_json_format()
                                            : make_text_format());
  auto logger = std::make_shared<spdlog::logger>("", std::move(sink));
  // Levels are decided by the loggers; what they let through is written at
  // once, since the last words of a process are the ones that are wanted.
  logger->flush_on(level::trace);
  spdlog::set_default_logger(std::move(logger));
  change_levels(what);
}

void change_levels(const config::log_config& what) {
  auto& levels = book();
  const std::scoped_lock lock{levels.guard};
  levels.usual = level_named(what.level);
  levels.of_actors.clear();
  for (const auto& entry : what.actors)
    if (const auto equals = entry.find('='); equals != entry.npos)
      levels.of_actors[entry.substr(0, equals)] =
          level_named(std::string_view{entry}.substr(equals + 1));
  spdlog::apply_all([&levels](const std::shared_ptr<spdlog::logger>& each) {
    each->set_level(level_for(levels, each->name()));
  });
}

std::shared_ptr<spdlog::logger> logger_of(std::string_view actor) {
  auto& levels = book();
  const std::scoped_lock lock{levels.guard};
  const std::string name{actor};
  if (auto there = spdlog::get(name))
    return there;
  auto made = spdlog::default_logger()->clone(name);
  made->set_level(level_for(levels, actor));
  spdlog::register_logger(made);
  return made;
}

} // namespace telltale
