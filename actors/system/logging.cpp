#include "actors/system/logging.hpp"

#include <map>
#include <mutex>
#include <string>

#include <spdlog/sinks/base_sink.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include "actors/system/log_format.hpp"
#include "actors/system/log_queue.hpp"

namespace telltale {

namespace {

using level = spdlog::level::level_enum;

/// Levels that hold now; a logger that is made later looks here.
struct level_book {
  std::mutex guard;
  level usual = level::info;
  std::map<std::string, level, std::less<>> of_actors;
};

/// How long the end of the process waits for a reader of its last lines.
constexpr std::chrono::milliseconds patience_at_end{300};

/// Formats here, on the thread that logs, and leaves the writing to the queue.
class queue_sink final : public spdlog::sinks::base_sink<std::mutex> {
public:
  explicit queue_sink(std::shared_ptr<log_queue> queue)
      : queue_(std::move(queue)) {}

protected:
  void sink_it_(const spdlog::details::log_msg& record) override {
    spdlog::memory_buf_t line;
    formatter_->format(record, line);
    queue_->push(std::string{line.data(), line.size()});
  }
  void flush_() override {}

private:
  std::shared_ptr<log_queue> queue_;
};

/// The queue of the process; null before the start and after the end.
struct queue_holder {
  std::mutex guard;
  std::shared_ptr<log_queue> queue;
};

queue_holder& current() {
  static queue_holder holder;
  return holder;
}

std::shared_ptr<log_queue> current_queue() {
  auto& holder = current();
  const std::scoped_lock lock{holder.guard};
  return holder.queue;
}

/// The line that stands where others are missing, laid out as they are.
std::string gap_line(std::unique_ptr<spdlog::formatter> layout,
                     std::uint64_t lines) {
  const auto text = std::to_string(lines)
                    + " lines of the log were dropped, since nobody read it "
                      "fast enough";
  spdlog::memory_buf_t line;
  layout->format(spdlog::details::log_msg{"log", level::warn, text}, line);
  return std::string{line.data(), line.size()};
}

std::string json_gap_line(std::uint64_t lines) {
  return gap_line(make_json_format(), lines);
}

std::string text_gap_line(std::uint64_t lines) {
  return gap_line(make_text_format(), lines);
}

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
  const bool json = what.format == "json";
  log_queue_options options;
  options.gap_line = json ? json_gap_line : text_gap_line;
  auto queue = std::make_shared<log_queue>(STDERR_FILENO, std::move(options));
  auto sink = std::make_shared<queue_sink>(queue);
  sink->set_formatter(json ? make_json_format() : make_text_format());
  {
    auto& holder = current();
    const std::scoped_lock lock{holder.guard};
    holder.queue = std::move(queue);
  }
  spdlog::set_default_logger(
      std::make_shared<spdlog::logger>("", std::move(sink)));
  change_levels(what);
}

void end_logging() {
  if (const auto queue = current_queue())
    queue->close(patience_at_end);
}

std::uint64_t log_lines_dropped() {
  const auto queue = current_queue();
  return queue ? queue->dropped() : 0;
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
