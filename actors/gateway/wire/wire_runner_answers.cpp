#include <utility>

#include <boost/json.hpp>

#include "actors/gateway/wire/wire.hpp"
#include "actors/gateway/wire/wire_task.hpp"

// What runners of the first dialect are answered.

namespace telltale {

namespace {

namespace json = boost::json;

json::value time_or_null(const std::optional<timestamp>& when) {
  return when ? json::value(format_rfc3339(*when)) : json::value(nullptr);
}

} // namespace

std::string write_claimed(std::span<const task_record> tasks,
                          std::span<const std::string> tokens) {
  json::array list;
  for (std::size_t i = 0; i < tasks.size(); ++i) {
    const auto& task = tasks[i];
    json::error_code error;
    auto input = json::parse(task.input, error);
    auto all = task_object(task);
    json::object row{
        {"task_id", to_string(task.id)},
        {"attempt", task.attempt},
        {"lease_expires_at", time_or_null(task.lease_expires_at)},
        {"token", tokens[i]},
        {"input", error ? json::value(nullptr) : std::move(input)}};
    for (auto& [name, value] : all)
      if (name != "id")
        row.emplace(name, std::move(value));
    list.push_back(std::move(row));
  }
  return json::serialize(json::object{{"tasks", std::move(list)}});
}

std::string write_status(task_status status, std::uint32_t attempt) {
  return json::serialize(
      json::object{{"status", to_string(status)}, {"attempt", attempt}});
}

std::string write_heartbeat(const heart_beaten& beat) {
  json::array stop;
  for (const auto& task : beat.stop)
    stop.emplace_back(to_string(task));
  return json::serialize(
      json::object{{"lease_expires_at", format_rfc3339(beat.lease_expires_at)},
                   {"stop", std::move(stop)}});
}

std::string write_results(std::span<const batched_result> results) {
  json::array list;
  for (const auto& result : results) {
    json::object row;
    row["task_id"] = result.task_text.empty() ? json::value(nullptr)
                                              : json::value(result.task_text);
    row["ok"] = result.result == ec::none;
    if (result.result != ec::none)
      row["code"] = to_string(result.result);
    list.push_back(std::move(row));
  }
  return json::serialize(json::object{{"results", std::move(list)}});
}

} // namespace telltale
