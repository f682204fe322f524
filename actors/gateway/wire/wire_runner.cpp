#include <algorithm>
#include <limits>
#include <utility>

#include <boost/json.hpp>

#include "actors/gateway/wire/bounded_object.hpp"
#include "actors/gateway/wire/dialects.hpp"
#include "actors/gateway/wire/fields.hpp"
#include "actors/gateway/wire/report_fields.hpp"
#include "actors/gateway/wire/wire.hpp"

namespace telltale {

namespace {

namespace json = boost::json;

constexpr std::int64_t max_attempt = 2'147'483'647;
constexpr std::int64_t max_count = std::numeric_limits<std::int64_t>::max();
constexpr std::size_t max_batch = 1000;
constexpr std::size_t max_kinds = 100;
constexpr std::size_t max_held = 10'000;

std::optional<std::uint32_t> read_attempt(field_reader& fields) {
  const auto attempt = fields.integer("attempt", 0, max_attempt);
  if (!attempt)
    return std::nullopt;
  return static_cast<std::uint32_t>(*attempt);
}

/// Reads all of a report but its task.
caf::expected<status_report> read_report(const json::object& from,
                                         const std::string& prefix) {
  field_reader fields{from, prefix};
  status_report report;
  const auto status = fields.text("status");
  if (!status)
    fields.fail("status", "is missing");
  report.attempt = read_attempt(fields);
  auto said = read_reason_word(fields.text(field::why.first).value_or(""));
  report.failure_reason = std::move(said.failure_reason);
  report.remarks.reported_reason = raw_text{std::move(said.reported)};
  if (auto runner = fields.id("runner_id"))
    report.runner = runner_id{std::move(*runner)};
  report.posted = fields.integer("posted", 0, max_count);
  report.intended_empty = fields.flag("intended_empty");
  if (auto detail = fields.text(field::detail.first))
    report.detail = raw_text{std::move(*detail)};
  if (auto url = fields.text(field::result_url.first))
    report.result_url = raw_text{std::move(*url)};
  report.mask = read_mask(fields, field::mask.first);
  if (!fields.good())
    return fields.error();
  const auto known = parse_task_status(*status);
  if (!known || !is_reported(*known))
    return make_error(ec::unsupported_status,
                      prefix + "status must be one of " + reported_statuses());
  report.status = *known;
  return report;
}

batched_report read_batched(const json::object* object, std::size_t index) {
  batched_report result;
  if (object == nullptr) {
    result.refused = ec::invalid_field;
    return result;
  }
  const auto prefix = "reports[" + std::to_string(index) + "].";
  field_reader fields{*object, prefix};
  result.task_text = fields.text("task_id").value_or("");
  if (result.task_text.empty()) {
    result.refused = ec::invalid_field;
    return result;
  }
  const auto id = parse_uuid(result.task_text);
  if (!id) {
    // Only ids are repeated in answers.
    result.task_text.clear();
    result.refused = ec::task_not_found;
    return result;
  }
  if (auto report = read_report(*object, prefix)) {
    report->task = task_id{*id};
    result.report = std::move(*report);
  } else {
    result.refused = code_of(report.error());
  }
  return result;
}

caf::error check_size(std::size_t reports) {
  if (reports <= max_batch)
    return {};
  return make_error(ec::invalid_field,
                    "reports must have at most 1000 elements");
}

/// Of a large body no second copy is made.
caf::expected<std::vector<batched_report>>
parse_large_batch(std::string_view body) {
  const auto elements = read_elements(body, "reports");
  if (!elements)
    return elements.error();
  if (auto error = check_size(elements->size()))
    return error;
  std::vector<batched_report> reports;
  for (std::size_t i = 0; i < elements->size(); ++i) {
    const auto object = read_bounded_object((*elements)[i]);
    reports.push_back(read_batched(object ? &*object : nullptr, i));
  }
  return reports;
}

} // namespace

caf::expected<status_report> parse_report(const task_id& task,
                                          std::string_view body) {
  const auto object = read_bounded_object(body);
  if (!object)
    return object.error();
  auto report = read_report(*object, {});
  if (report)
    report->task = task;
  return report;
}

caf::expected<std::vector<batched_report>>
parse_reports(std::string_view body) {
  if (body.size() > large_body)
    return parse_large_batch(body);
  const auto object = read_object(body);
  if (!object)
    return object.error();
  const auto* value = object->if_contains("reports");
  const auto* list = value == nullptr ? nullptr : value->if_array();
  if (list == nullptr)
    return make_error(ec::invalid_field, "reports must be a list");
  if (auto error = check_size(list->size()))
    return error;
  std::vector<batched_report> reports;
  reports.reserve(list->size());
  for (std::size_t i = 0; i < list->size(); ++i)
    reports.push_back(read_batched((*list)[i].if_object(), i));
  return reports;
}

caf::expected<claim_request> parse_claim(std::string_view body) {
  const auto object = read_object(body);
  if (!object)
    return object.error();
  field_reader fields{*object};
  claim_request request;
  request.what.runner = runner_id{fields.required_id("runner_id")};
  request.what.limit =
      static_cast<std::uint32_t>(fields.integer("limit", 1, 100).value_or(1));
  request.wait =
      std::chrono::seconds{fields.integer("wait_seconds", 0, 30).value_or(0)};
  if (const auto* kinds = fields.find("kinds")) {
    const auto* list = kinds->if_array();
    if (list == nullptr || list->size() > max_kinds)
      fields.fail("kinds", "must be a list of at most 100 strings");
    else
      for (const auto& kind : *list) {
        if (!kind.is_string() || !is_opaque_id(kind.get_string())) {
          fields.fail("kinds", "must hold strings of 1 to 128 characters");
          break;
        }
        request.what.kinds.emplace_back(kind.get_string());
      }
  }
  request.mask = read_mask(fields, field::mask.first);
  auto& kinds = request.what.kinds;
  std::sort(kinds.begin(), kinds.end());
  kinds.erase(std::unique(kinds.begin(), kinds.end()), kinds.end());
  if (!fields.good())
    return fields.error();
  return request;
}

caf::expected<beat_heart> parse_heartbeat(const std::string& runner,
                                          std::string_view body) {
  if (!is_opaque_id(runner))
    return make_error(ec::invalid_field,
                      "runner_id must have 1 to 128 characters");
  const auto object = read_object(body);
  if (!object)
    return object.error();
  beat_heart beat;
  beat.runner = runner_id{runner};
  field_reader fields{*object};
  const auto* tasks = fields.find("tasks");
  if (tasks == nullptr)
    return beat;
  const auto* list = tasks->if_array();
  if (list == nullptr || list->size() > max_held)
    return make_error(ec::invalid_field,
                      "tasks must be a list of at most 10000 elements");
  for (std::size_t i = 0; i < list->size(); ++i) {
    const auto* element = (*list)[i].if_object();
    if (element == nullptr)
      return make_error(ec::invalid_field,
                        "tasks[" + std::to_string(i) + "] must be an object");
    field_reader held{*element, "tasks[" + std::to_string(i) + "]."};
    const auto text = held.text("task_id");
    const auto id = text ? parse_uuid(*text) : std::nullopt;
    if (!id)
      held.fail("task_id", "must be a UUID");
    const auto attempt = read_attempt(held);
    if (!held.good())
      return held.error();
    beat.tasks.push_back({task_id{*id}, attempt});
  }
  return beat;
}

} // namespace telltale
