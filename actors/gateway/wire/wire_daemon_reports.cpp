#include <algorithm>
#include <array>
#include <utility>

#include <boost/json.hpp>

#include "actors/gateway/wire/bounded_object.hpp"
#include "actors/gateway/wire/dialects.hpp"
#include "actors/gateway/wire/fields.hpp"
#include "actors/gateway/wire/report_fields.hpp"
#include "actors/gateway/wire/wire_daemon.hpp"
#include "actors/gateway/wire/wire_task.hpp"
#include "text/ascii.hpp"

// What daemons say about one attempt, and what they are answered.

namespace telltale {

namespace {

namespace json = boost::json;

constexpr std::size_t longest_note = 2000;
constexpr std::size_t longest_branch = 512;
constexpr std::size_t longest_model = 128;
/// An output of this size may be no result but a notice.
constexpr std::size_t longest_notice = 320;

/// Any JSON as text: a string as it is, nothing for null.
std::string any_text(const json::object& from, json::string_view name) {
  const auto* value = from.if_contains(name);
  if (value == nullptr || value->is_null())
    return {};
  if (const auto* text = value->if_string())
    return {text->data(), text->size()};
  return json::serialize(*value);
}

/// Of an agent that could not go on.
std::optional<failure_reason> notice_in(std::string_view output) {
  constexpr std::array full_context{
      "prompt is too long",       "input is too long",
      "conversation is too long", "context window exceeded",
      "exceeded the context",     "exceeds the context",
      "exceed the context",       "context length exceeded",
      "context limit reached",    "maximum context length",
      "context window is full",   "context_length_exceeded",
      "ran out of context",       "out of context"};
  constexpr std::array last_turn{"maximum number of turns",
                                 "maximum number of iterations",
                                 "max turns",
                                 "max iterations",
                                 "maximum turns",
                                 "maximum iterations",
                                 "iteration limit",
                                 "turn limit",
                                 "max_turns"};
  if (output.size() > longest_notice)
    return std::nullopt;
  const auto text = text::lowered(output);
  const auto is_in = [&](const char* phrase) {
    return text.find(phrase) != std::string::npos;
  };
  if (std::ranges::any_of(full_context, is_in))
    return reason::agent_context_overflow;
  if (std::ranges::any_of(last_turn, is_in))
    return reason::iteration_limit;
  return std::nullopt;
}

/// What a daemon says beside: of all calls that may.
void read_remarks(const json::object& from, raw_remarks& remarks) {
  if (const auto branch = any_text(from, "branch_name"); !branch.empty())
    remarks.branch_name = raw_text{cut_text(branch, longest_branch)};
}

void read_reason(const json::object& from, status_report& report) {
  auto said = read_reason_word(any_text(from, field::why.daemon));
  report.failure_reason = std::move(said.failure_reason);
  report.remarks.reported_reason = raw_text{std::move(said.reported)};
}

/// A list of values to mask that cannot be read is an error: they would not be
/// masked.
caf::error read_daemon_mask(const json::object& from, status_report& report) {
  field_reader fields{from};
  report.mask = read_mask(fields, field::mask.daemon);
  return fields.error();
}

caf::expected<json::object> read_body(std::string_view body) {
  return read_bounded_object(body.empty() ? "{}" : body);
}

std::int64_t whole_at(const json::object& from, const char* name) {
  const auto* value = from.if_contains(name);
  if (value == nullptr || !value->is_int64())
    return 0;
  return std::max<std::int64_t>(value->get_int64(), 0);
}

double cost_at(const json::object& from) {
  for (const auto* name : {"cost_usd", "cost"})
    if (const auto* value = from.if_contains(name);
        value != nullptr && value->is_number())
      return std::max(value->to_number<double>(), 0.0);
  return 0;
}

std::vector<model_usage> read_usage(const json::object& from) {
  std::vector<model_usage> all;
  const auto* list = from.if_contains("usage");
  if (list == nullptr || !list->is_array())
    return all;
  for (const auto& element : list->get_array()) {
    const auto* one = element.if_object();
    if (one == nullptr)
      continue;
    model_usage usage;
    usage.model = cut_text(any_text(*one, "model"), longest_model);
    usage.input_tokens = whole_at(*one, "input_tokens");
    usage.output_tokens = whole_at(*one, "output_tokens");
    usage.cache_read_tokens = whole_at(*one, "cache_read_tokens");
    usage.cache_write_tokens = whole_at(*one, "cache_write_tokens");
    usage.cost_usd = cost_at(*one);
    all.push_back(std::move(usage));
  }
  return all;
}

const attempt_record* attempt_of(const attempt_view& seen) {
  const auto& all = seen.found->attempts;
  const auto at = std::ranges::find(all, seen.number, &attempt_record::number);
  return at == all.end() ? nullptr : &*at;
}

std::string_view word_of(const attempt_view& seen) {
  const auto status =
      status_seen_by(seen.found->task, seen.found->attempts, seen.number);
  const auto* attempt = attempt_of(seen);
  // Claimed, and no agent launched yet.
  if (status == task_status::running && attempt != nullptr && attempt->claimed
      && !attempt->remarks.launched)
    return daemon_word(task_status::queued);
  return daemon_word(status);
}

} // namespace

caf::expected<status_report> parse_daemon_start(const task_id& task,
                                                std::string_view body) {
  const auto object = read_body(body);
  if (!object)
    return object.error();
  status_report report;
  report.task = task;
  report.status = task_status::running;
  report.kind = report_kind::launch;
  if (auto error = read_daemon_mask(*object, report))
    return error;
  return report;
}

caf::expected<status_report> parse_daemon_complete(const task_id& task,
                                                   std::string_view body) {
  const auto object = read_body(body);
  if (!object)
    return object.error();
  status_report report;
  report.task = task;
  if (auto error = read_daemon_mask(*object, report))
    return error;
  read_remarks(*object, report.remarks);
  auto output = any_text(*object, "output");
  auto url = any_text(*object, field::result_url.daemon);
  if (auto notice = notice_in(output)) {
    report.status = task_status::failed;
    report.failure_reason = std::move(notice);
    report.detail = raw_text{std::move(output)};
    return report;
  }
  report.status = task_status::succeeded;
  const auto branch = any_text(*object, "branch_name");
  const bool is_empty =
      is_blank_text(output) && is_blank_text(url) && is_blank_text(branch);
  report.posted = is_empty ? 0 : 1;
  report.result_url = raw_text{std::move(url)};
  return report;
}

caf::expected<status_report> parse_daemon_fail(const task_id& task,
                                               std::string_view body) {
  const auto object = read_body(body);
  if (!object)
    return object.error();
  status_report report;
  report.task = task;
  report.status = task_status::failed;
  report.detail = raw_text{any_text(*object, field::detail.daemon)};
  read_reason(*object, report);
  read_remarks(*object, report.remarks);
  if (auto error = read_daemon_mask(*object, report))
    return error;
  return report;
}

caf::expected<status_report> parse_daemon_remark(const task_id& task,
                                                 std::string_view body) {
  const auto object = read_body(body);
  if (!object)
    return object.error();
  status_report report;
  report.task = task;
  report.kind = report_kind::remark;
  auto& remarks = report.remarks;
  read_remarks(*object, remarks);
  remarks.usage = read_usage(*object);
  for (const auto* name : {"summary", "reason", "error_message"})
    if (const auto text = any_text(*object, name); !is_blank_text(text))
      remarks.note = raw_text{cut_text(text, longest_note)};
  if (const auto left = any_text(*object, "durable_work_dir");
      remarks.note.empty() && !left.empty())
    remarks.note = raw_text{cut_text("work left in " + left, longest_note)};
  if (const auto word = any_text(*object, field::why.daemon); !word.empty())
    remarks.reported_reason = raw_text{cut_text(word, longest_word)};
  if (auto error = read_daemon_mask(*object, report))
    return error;
  return report;
}

std::size_t count_messages(std::string_view body) {
  const auto list = read_elements(body, "messages");
  return list ? list->size() : 0;
}

std::string write_daemon_task(const attempt_view& seen) {
  const auto& task = seen.found->task;
  auto row = task_object(task);
  auto detail = row["error_detail"];
  if (const auto* attempt = attempt_of(seen)) {
    row["attempt"] = attempt->number;
    row["runner_id"] = attempt->runner.value;
    row["failure_reason"] = attempt->failure_reason
                                ? json::value(attempt->failure_reason->wire)
                                : json::value(nullptr);
    detail = attempt->error_detail.empty()
                 ? json::value(nullptr)
                 : json::value(attempt->error_detail.view());
    row["error_detail"] = detail;
  }
  row["id"] = seen.id;
  row["status"] = word_of(seen);
  row[field::detail.daemon] = std::move(detail);
  return json::serialize(row);
}

std::string write_daemon_status(const attempt_view& seen) {
  return json::serialize(json::object{{"status", word_of(seen)}});
}

std::string write_task_gc(const attempt_view& seen) {
  const auto& task = seen.found->task;
  const auto* attempt = attempt_of(seen);
  const auto ended = attempt != nullptr ? attempt->ended_at : task.completed_at;
  const auto changed =
      ended.value_or(task.started_at.value_or(task.created_at));
  json::object answer{{"status", word_of(seen)},
                      {"updated_at", format_rfc3339(changed)}};
  if (ended)
    answer["completed_at"] = format_rfc3339(*ended);
  return json::serialize(answer);
}

} // namespace telltale
