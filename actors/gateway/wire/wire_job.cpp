#include "actors/gateway/wire/wire_job.hpp"

#include <array>
#include <utility>

#include <boost/json.hpp>

#include "actors/gateway/wire/bounded_object.hpp"
#include "actors/gateway/wire/fields.hpp"
#include "actors/gateway/wire/spliced_object.hpp"

namespace telltale {

namespace {

namespace json = boost::json;

constexpr std::size_t longest_part = 64;

/// Calls that take something back, or say how the run went: nothing to post.
bool counts_nothing(std::string_view part) {
  return part == "inline/retract" || part == "inline/clear";
}

bool says_something(const json::value& value) {
  if (const auto* text = value.if_string())
    return !is_blank_text(std::string_view{*text});
  if (const auto* object = value.if_object())
    return !object->empty();
  return !value.is_null();
}

/// A list counts each element that says something; texts that people would read
/// count as one thing together.
std::uint32_t count_things(const json::object& body) {
  std::uint32_t things = 0;
  bool has_text = false;
  for (const auto& [name, value] : body) {
    if (const auto* list = value.if_array()) {
      for (const auto& element : *list)
        things += says_something(element) ? 1U : 0U;
      continue;
    }
    constexpr std::array texts{"body", "summary", "comment", "text", "verdict"};
    for (const std::string_view each : texts)
      has_text = has_text
                 || (std::string_view{name.data(), name.size()} == each
                     && says_something(value));
  }
  return things + (has_text ? 1U : 0U);
}

} // namespace

std::string write_context(const task_record& task) {
  spliced_object all;
  all.put("task_id", to_string(task.id));
  all.put("kind", task.kind);
  all.put_rest(task.input);
  return std::move(all).done();
}

std::string write_attempt(std::uint32_t attempt, std::string_view token) {
  return json::serialize(json::object{{"attempt", attempt}, {"token", token}});
}

caf::expected<status_report> parse_produced(const task_id& task,
                                            const std::string& part,
                                            std::string_view body) {
  if (body.empty())
    body = "{}";
  const auto object = read_bounded_object(body);
  if (!object)
    return object.error();
  status_report report;
  report.task = task;
  report.kind = report_kind::produced;
  report.produced.part = cut_text(part, longest_part);
  report.produced.count = counts_nothing(part) ? 0 : count_things(*object);
  if (const auto* empty = object->if_contains("intended_empty");
      empty != nullptr && empty->is_bool())
    report.intended_empty = empty->get_bool();
  report.detail = raw_text{json::serialize(*object)};
  return report;
}

} // namespace telltale
