#include "actors/persistence/postgres/task_rows.hpp"

#include <charconv>
#include <stdexcept>

#include <boost/json.hpp>

#include "actors/persistence/stored_text.hpp"
#include "text/json_fields.hpp"

namespace telltale {

namespace {

template <class T> T need(std::optional<T> value, const char* what) {
  if (!value)
    throw std::runtime_error{std::string{"a stored "} + what
                             + " cannot be read"};
  return *std::move(value);
}

template <class Number> Number number_of(const pqxx::field& field) {
  const auto text = text_of(field);
  Number value{};
  const auto end = text.data() + text.size();
  if (std::from_chars(text.data(), end, value).ptr != end || text.empty())
    throw std::runtime_error{"a stored number cannot be read"};
  return value;
}

template <class Number>
std::optional<Number> maybe_number(const pqxx::field& field) {
  if (field.is_null())
    return std::nullopt;
  return number_of<Number>(field);
}

bool flag_of(const pqxx::field& field) {
  return text_of(field) == "t";
}

std::string string_of(const pqxx::field& field) {
  return std::string{text_of(field)};
}

redacted_text redacted_of(const pqxx::field& field) {
  return stored_text::from_store(string_of(field));
}

std::optional<failure_reason> reason_of(const pqxx::field& field) {
  if (field.is_null())
    return std::nullopt;
  return failure_reason{string_of(field)};
}

std::optional<settled_by> settled_by_of(const pqxx::field& field) {
  if (field.is_null())
    return std::nullopt;
  return need(parse_settled_by(text_of(field)), "settled_by");
}

std::string json_of(const pqxx::field& field) {
  return field.is_null() ? std::string{"null"} : string_of(field);
}

/// Walks the columns of a row in their order.
class columns {
public:
  columns(const pqxx::row& row, int first) : row_(row), at_(first) {}
  pqxx::field next() { return row_[at_++]; }

private:
  const pqxx::row& row_;
  int at_;
};

} // namespace

std::string_view text_of(const pqxx::field& field) {
  return {field.c_str(), field.size()};
}

timestamp moment_of(const pqxx::field& field) {
  return need(parse_rfc3339(text_of(field)), "moment");
}

std::optional<timestamp> maybe_moment(const pqxx::field& field) {
  if (field.is_null())
    return std::nullopt;
  return moment_of(field);
}

uuid uuid_of(const pqxx::field& field) {
  return need(parse_uuid(text_of(field)), "uuid");
}

task_record read_task(const pqxx::row& row, int first) {
  columns c{row, first};
  task_record t;
  t.id = {uuid_of(c.next())};
  t.version = number_of<std::int64_t>(c.next());
  t.status = need(parse_task_status(text_of(c.next())), "status");
  if (const auto outcome = c.next(); !outcome.is_null())
    t.outcome = need(parse_task_outcome(text_of(outcome)), "outcome");
  t.settled_by = settled_by_of(c.next());
  t.attempt = number_of<std::uint32_t>(c.next());
  t.max_attempts = number_of<std::uint32_t>(c.next());
  t.failure_reason = reason_of(c.next());
  t.error_detail = redacted_of(c.next());
  t.telling_line = redacted_of(c.next());
  t.cause = string_of(c.next());
  t.posted = maybe_number<std::int64_t>(c.next());
  if (const auto empty = c.next(); !empty.is_null())
    t.intended_empty = flag_of(empty);
  t.result_url = redacted_of(c.next());
  t.runner = {string_of(c.next())};
  t.run_after = maybe_moment(c.next());
  t.started_at = maybe_moment(c.next());
  t.completed_at = maybe_moment(c.next());
  t.lease_expires_at = maybe_moment(c.next());
  t.awaits_runner = flag_of(c.next());
  if (const auto limit = maybe_number<std::int64_t>(c.next()))
    t.timeout = std::chrono::seconds{*limit};
  t.priority = number_of<std::int32_t>(c.next());
  t.created_at = moment_of(c.next());
  t.kind = string_of(c.next());
  t.title = redacted_of(c.next());
  t.chat_session = {string_of(c.next())};
  t.agent = {string_of(c.next())};
  t.issue = {string_of(c.next())};
  t.workspace = {string_of(c.next())};
  if (const auto id = c.next(); t.attempt > 0)
    t.current_attempt = {id.is_null() ? t.id.value : uuid_of(id)};
  t.claimed = flag_of(c.next());
  t.asks_attempts = flag_of(c.next());
  t.failure_told = flag_of(c.next());
  t.untold = flag_of(c.next());
  t.wanted_runner = {string_of(c.next())};
  t.dispatched = flag_of(c.next());
  return t;
}

void read_more(task_record& task, const pqxx::row& row, int first) {
  columns c{row, first};
  task.source_url = redacted_of(c.next());
  task.labels = json_of(c.next());
  task.input = json_of(c.next());
  task.created_by = string_of(c.next());
}

task_record read_whole_task(const pqxx::row& row, int first) {
  auto task = read_task(row, first);
  read_more(task, row, first + task_column_count);
  return task;
}

std::optional<chat_binding> read_binding(const pqxx::row& row, int first) {
  if (row[first].is_null())
    return std::nullopt;
  chat_binding b;
  b.session = {std::string{text_of(row[first])}};
  b.relay = text_of(row[first + 1]);
  b.chat_id = text_of(row[first + 2]);
  b.thread_id = text_of(row[first + 3]);
  b.reply_to = text_of(row[first + 4]);
  b.channel_type = row[first + 5].as<std::int32_t>();
  b.locale = text_of(row[first + 6]);
  return b;
}

std::optional<attempt_record> read_attempt(task_id task, const pqxx::row& row,
                                           int first) {
  columns c{row, first};
  const auto number = c.next();
  if (number.is_null())
    return std::nullopt;
  attempt_record a;
  a.task = task;
  a.number = number_of<std::uint32_t>(number);
  a.runner = {string_of(c.next())};
  a.started_at = moment_of(c.next());
  a.ended_at = maybe_moment(c.next());
  a.status = need(parse_task_status(text_of(c.next())), "status");
  a.failure_reason = reason_of(c.next());
  a.error_detail = redacted_of(c.next());
  a.telling_line = redacted_of(c.next());
  a.cause = string_of(c.next());
  a.settled_by = settled_by_of(c.next());
  a.evidence = string_of(c.next());
  if (const auto late = c.next(); !late.is_null())
    a.late = read_late_report(text_of(late));
  const auto id = c.next();
  a.id = {id.is_null() ? task.value : uuid_of(id)};
  a.claimed = flag_of(c.next());
  if (const auto origin = c.next(); !origin.is_null())
    a.origin = need(parse_detail_origin(text_of(origin)), "origin");
  if (const auto remarks = c.next(); !remarks.is_null())
    a.remarks = read_remarks(text_of(remarks));
  return a;
}

std::string write_late_report(const late_report& report) {
  boost::json::object object;
  object["status"] = to_string(report.status);
  if (report.failure_reason)
    object["failure_reason"] = report.failure_reason->wire;
  if (!report.detail.empty())
    object["detail"] = report.detail.view();
  object["at"] = format_rfc3339(report.at);
  return boost::json::serialize(object);
}

std::optional<late_report> read_late_report(std::string_view text) {
  const auto object = text::parse_object(text);
  if (!object)
    return std::nullopt;
  const auto status = parse_task_status(text::text_at(*object, "status"));
  const auto at = parse_rfc3339(text::text_at(*object, "at"));
  if (!status || !at)
    return std::nullopt;
  late_report report;
  report.status = *status;
  report.at = *at;
  if (auto why = text::text_at(*object, "failure_reason"); !why.empty())
    report.failure_reason = failure_reason{std::move(why)};
  report.detail = stored_text::from_store(text::text_at(*object, "detail"));
  return report;
}

std::string write_remarks(const attempt_remarks& remarks) {
  boost::json::object object;
  const auto put = [&](const char* name, const redacted_text& text) {
    if (!text.empty())
      object[name] = text.view();
  };
  put("reported_reason", remarks.reported_reason);
  put("note", remarks.note);
  put("branch_name", remarks.branch_name);
  if (remarks.launched)
    object["launched"] = true;
  boost::json::array usage;
  for (const auto& one : remarks.usage)
    usage.push_back(
        boost::json::object{{"model", one.model},
                            {"input_tokens", one.input_tokens},
                            {"output_tokens", one.output_tokens},
                            {"cache_read_tokens", one.cache_read_tokens},
                            {"cache_write_tokens", one.cache_write_tokens},
                            {"cost_usd", one.cost_usd}});
  if (!usage.empty())
    object["usage"] = std::move(usage);
  return object.empty() ? std::string{} : boost::json::serialize(object);
}

attempt_remarks read_remarks(std::string_view text) {
  attempt_remarks remarks;
  const auto object = text::parse_object(text);
  if (!object)
    return remarks;
  const auto text_in = [&](const char* name) {
    return stored_text::from_store(text::text_at(*object, name));
  };
  remarks.reported_reason = text_in("reported_reason");
  remarks.note = text_in("note");
  remarks.branch_name = text_in("branch_name");
  remarks.launched = text::flag_at(*object, "launched");
  const auto* usage = object->if_contains("usage");
  if (usage == nullptr || !usage->is_array())
    return remarks;
  for (const auto& element : usage->get_array()) {
    const auto* one = element.if_object();
    if (one == nullptr)
      continue;
    const auto whole = [&](const char* name) {
      const auto* value = one->if_contains(name);
      return value != nullptr && value->is_int64() ? value->get_int64() : 0;
    };
    model_usage model;
    model.model = text::text_at(*one, "model");
    model.input_tokens = whole("input_tokens");
    model.output_tokens = whole("output_tokens");
    model.cache_read_tokens = whole("cache_read_tokens");
    model.cache_write_tokens = whole("cache_write_tokens");
    if (const auto* cost = one->if_contains("cost_usd"); cost != nullptr)
      model.cost_usd = cost->is_double() ? cost->get_double() : 0;
    remarks.usage.push_back(std::move(model));
  }
  return remarks;
}

std::string write_findings(const redaction_findings& findings) {
  if (findings.empty())
    return {};
  boost::json::object object;
  for (const auto& finding : findings)
    object[finding.kind] = finding.count;
  return boost::json::serialize(object);
}

} // namespace telltale
