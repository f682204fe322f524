#include "actors/gateway/wire/wire_task.hpp"

#include <utility>

#include <boost/json.hpp>

#include "actors/gateway/wire/fields.hpp"
#include "actors/gateway/wire/wire.hpp"
#include "text/utf8.hpp"

namespace telltale {

namespace {

namespace json = boost::json;

constexpr std::size_t max_title_characters = 300;
constexpr std::size_t max_url_characters = 2048;
constexpr std::size_t max_json_bytes = 65'536;
constexpr std::int64_t max_timeout_seconds = 365LL * 24 * 3600;
constexpr std::int64_t max_priority = 1'000'000;

json::value text_or_null(std::string_view text) {
  return text.empty() ? json::value(nullptr) : json::value(text);
}

json::value time_or_null(const std::optional<timestamp>& when) {
  return when ? json::value(format_rfc3339(*when)) : json::value(nullptr);
}

template <class T> json::value word_or_null(const std::optional<T>& value) {
  return value ? json::value(to_string(*value)) : json::value(nullptr);
}

template <class T> json::value plain_or_null(const std::optional<T>& value) {
  return value ? json::value(*value) : json::value(nullptr);
}

json::value json_or_null(const std::string& text) {
  json::error_code error;
  auto value = json::parse(text, error);
  return error ? json::value(nullptr) : value;
}

json::value late_or_null(const std::optional<late_report>& late) {
  if (!late)
    return nullptr;
  return json::object{{"status", to_string(late->status)},
                      {"failure_reason", word_or_null(late->failure_reason)},
                      {"error_detail", text_or_null(late->detail.view())},
                      {"at", format_rfc3339(late->at)}};
}

json::value usage_or_null(const std::vector<model_usage>& usage) {
  if (usage.empty())
    return nullptr;
  json::array list;
  for (const auto& one : usage)
    list.push_back(json::object{{"model", text_or_null(one.model)},
                                {"input_tokens", one.input_tokens},
                                {"output_tokens", one.output_tokens},
                                {"cache_read_tokens", one.cache_read_tokens},
                                {"cache_write_tokens", one.cache_write_tokens},
                                {"cost_usd", one.cost_usd}});
  return list;
}

json::object attempt_object(const attempt_record& attempt) {
  return {
      {"id", to_string(attempt.id)},
      {"attempt", attempt.number},
      {"runner_id", text_or_null(attempt.runner.value)},
      {"status", to_string(attempt.status)},
      {"started_at", format_rfc3339(attempt.started_at)},
      {"ended_at", time_or_null(attempt.ended_at)},
      {"failure_reason", word_or_null(attempt.failure_reason)},
      {"error_detail", text_or_null(attempt.error_detail.view())},
      {"telling_line", text_or_null(attempt.telling_line.view())},
      {"cause", text_or_null(attempt.cause)},
      {"settled_by", word_or_null(attempt.settled_by)},
      {"evidence", json_or_null(attempt.evidence)},
      {"late_report", late_or_null(attempt.late)},
      {"reported_reason", text_or_null(attempt.remarks.reported_reason.view())},
      {"note", text_or_null(attempt.remarks.note.view())},
      {"usage", usage_or_null(attempt.remarks.usage)},
      {"branch_name", text_or_null(attempt.remarks.branch_name.view())}};
}

json::object delivery_object(const delivery_record& delivery) {
  return {{"id", to_string(delivery.id)},
          {"event_id", to_string(delivery.event)},
          {"task_id", to_string(delivery.task)},
          {"relay", delivery.relay},
          {"chat_id", text_or_null(delivery.chat_id)},
          {"state", to_string(delivery.state)},
          {"tries", delivery.tries},
          {"next_try_at", time_or_null(delivery.next_try_at)},
          {"last_error", text_or_null(delivery.last_error)},
          {"sent_at", time_or_null(delivery.sent_at)},
          {"message_id", text_or_null(delivery.message_id)},
          {"text", text_or_null(delivery.text.view())},
          {"muted_until", time_or_null(delivery.muted_until)}};
}

json::value told_or_null(const std::optional<told_summary>& told) {
  if (!told)
    return nullptr;
  json::array targets;
  for (const auto& one : told->targets) {
    const bool is_told = one.state == told_state::told;
    targets.push_back(json::object{
        {"relay", one.relay},
        {"chat_id", one.chat_id},
        {"state", to_string(one.state)},
        {"at", time_or_null(one.at)},
        {"seconds",
         is_told ? json::value(std::chrono::duration<double>(one.after).count())
                 : json::value(nullptr)},
        {"until", time_or_null(one.until)},
        {"why", text_or_null(one.explanation)}});
  }
  return json::object{{"state", to_string(told->state)},
                      {"targets", std::move(targets)},
                      {"why", text_or_null(told->explanation)}};
}

json::value cursor_or_null(const std::optional<page_cursor>& cursor) {
  return cursor ? json::value(write_cursor(*cursor)) : json::value(nullptr);
}

/// A bounded text that redaction will see; it may hold anything.
std::string read_bounded(field_reader& fields, std::string_view name,
                         std::size_t most_characters) {
  auto text = fields.text(name).value_or("");
  // Bytes that are no UTF-8 are cleaned later and count as one each.
  if (text::count_characters(text) > most_characters)
    fields.fail(name, "must have at most " + std::to_string(most_characters)
                          + " characters");
  return text;
}

} // namespace

caf::expected<create_request> parse_create(std::string_view body,
                                           std::uint32_t default_max_attempts) {
  const auto object = read_object(body);
  if (!object)
    return object.error();
  field_reader fields{*object};
  create_request request;
  auto& task = request.what.task;
  task.kind = fields.required_id("kind");
  // A title stands in lists, chats and terminals, beside words of ours.
  request.title = raw_text{
      text::display_line(read_bounded(fields, "title", max_title_characters))};
  request.source_url =
      raw_text{read_bounded(fields, "source_url", max_url_characters)};
  request.labels = raw_text{fields.as_written("labels", body, max_json_bytes)};
  if (auto input = fields.as_written("input", body, max_json_bytes);
      !input.empty())
    task.input = std::move(input);
  task.chat_session =
      chat_session_id{fields.id("chat_session_id").value_or("")};
  task.agent = agent_id{fields.id("agent_id").value_or("")};
  task.issue = issue_id{fields.id("issue_id").value_or("")};
  task.workspace = workspace_id{fields.id("workspace_id").value_or("")};
  task.wanted_runner = runner_id{fields.id("runner").value_or("")};
  task.dispatched = fields.flag("dispatch").value_or(false);
  if (task.dispatched && !task.wanted_runner.empty())
    fields.fail("runner", "is for a task that runners claim; with dispatch a "
                          "job system starts it");
  task.priority = static_cast<std::int32_t>(
      fields.integer("priority", -max_priority, max_priority).value_or(0));
  const auto attempts = fields.integer("max_attempts", 1, 100);
  task.asks_attempts = attempts.has_value();
  task.max_attempts =
      static_cast<std::uint32_t>(attempts.value_or(default_max_attempts));
  if (const auto limit =
          fields.integer("timeout_seconds", 0, max_timeout_seconds))
    task.timeout = std::chrono::seconds{*limit};
  if (const auto text = fields.text("run_after")) {
    task.run_after = parse_rfc3339(*text);
    if (!task.run_after)
      fields.fail("run_after", "must be a time as in RFC 3339");
  }
  if (!fields.good())
    return fields.error();
  return request;
}

json::object task_object(const task_record& task) {
  return {{"id", to_string(task.id)},
          {"kind", task.kind},
          {"title", text_or_null(task.title.view())},
          {"status", to_string(task.status)},
          {"outcome", word_or_null(task.outcome)},
          {"attempt", task.attempt},
          {"max_attempts", task.max_attempts},
          {"failure_reason", word_or_null(task.failure_reason)},
          {"error_detail", text_or_null(task.error_detail.view())},
          {"telling_line", text_or_null(task.telling_line.view())},
          {"cause", text_or_null(task.cause)},
          {"posted", plain_or_null(task.posted)},
          {"result_url", text_or_null(task.result_url.view())},
          {"intended_empty", plain_or_null(task.intended_empty)},
          {"runner_id", text_or_null(task.runner.value)},
          {"agent_id", text_or_null(task.agent.value)},
          {"issue_id", text_or_null(task.issue.value)},
          {"workspace_id", text_or_null(task.workspace.value)},
          {"chat_session_id", text_or_null(task.chat_session.value)},
          {"source_url", text_or_null(task.source_url.view())},
          {"labels", json_or_null(task.labels)},
          {"priority", task.priority},
          {"runner", text_or_null(task.wanted_runner.value)},
          {"dispatch", task.dispatched},
          {"created_at", format_rfc3339(task.created_at)},
          {"run_after", time_or_null(task.run_after)},
          {"started_at", time_or_null(task.started_at)},
          {"completed_at", time_or_null(task.completed_at)},
          {"lease_expires_at", time_or_null(task.lease_expires_at)}};
}

std::string accept_labels(const redacted_text& labels) {
  json::error_code error;
  const auto value = json::parse(labels.view(), error);
  return error ? "null" : labels.view();
}

std::string write_task(const task_record& task) {
  return json::serialize(task_object(task));
}

json::array tells_array(const std::vector<tell_target>& tells) {
  json::array list;
  for (const auto& one : tells)
    list.push_back(json::object{{"relay", one.relay},
                                {"chat_id", one.chat_id},
                                {"via", to_string(one.via)}});
  return list;
}

json::object created_object(const task_created& created) {
  auto all = task_object(created.task);
  all["tells"] = tells_array(created.tells);
  return all;
}

std::string write_created(const task_created& created) {
  return json::serialize(created_object(created));
}

std::string write_dispatched(const task_created& created, std::uint32_t attempt,
                             std::string_view token) {
  auto all = created_object(created);
  all["attempt"] = attempt;
  all["token"] = token;
  return json::serialize(all);
}

std::string write_found(const task_found& found) {
  auto all = task_object(found.task);
  all["told"] = told_or_null(found.told);
  json::array attempts;
  for (const auto& attempt : found.attempts)
    attempts.push_back(attempt_object(attempt));
  json::array deliveries;
  for (const auto& delivery : found.deliveries)
    deliveries.push_back(delivery_object(delivery));
  all["attempts"] = std::move(attempts);
  all["deliveries"] = std::move(deliveries);
  return json::serialize(all);
}

std::string write_tasks(const tasks_listed& page) {
  json::array list;
  for (const auto& task : page.tasks) {
    auto row = task_object(task);
    row["told"] = told_or_null(task.told);
    list.push_back(std::move(row));
  }
  return json::serialize(json::object{
      {"tasks", std::move(list)}, {"next_cursor", cursor_or_null(page.next)}});
}

std::string write_delivery(const delivery_record& delivery) {
  return json::serialize(delivery_object(delivery));
}

std::string write_deliveries(const deliveries_listed& page) {
  json::array list;
  for (const auto& delivery : page.deliveries)
    list.push_back(delivery_object(delivery));
  return json::serialize(
      json::object{{"deliveries", std::move(list)},
                   {"next_cursor", cursor_or_null(page.next)}});
}

} // namespace telltale
