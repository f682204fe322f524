#include <array>
#include <string>
#include <string_view>

#include <boost/json.hpp>

#include "actors/gateway/router.hpp"

namespace telltale {

namespace {

namespace json = boost::json;

struct query_row {
  call what;
  std::string_view name;
  std::string_view type;
  std::string_view format; ///< empty: none
};

/// The query of each operation; wire_query.cpp reads exactly these.
constexpr std::array queries{
    query_row{call::list_tasks, "status", "string", ""},
    query_row{call::list_tasks, "outcome", "string", ""},
    query_row{call::list_tasks, "failure_reason", "string", ""},
    query_row{call::list_tasks, "cause", "string", ""},
    query_row{call::list_tasks, "told", "string", ""},
    query_row{call::list_tasks, "kind", "string", ""},
    query_row{call::list_tasks, "runner_id", "string", ""},
    query_row{call::list_tasks, "chat_session_id", "string", ""},
    query_row{call::list_tasks, "since", "string", "date-time"},
    query_row{call::list_tasks, "until", "string", "date-time"},
    query_row{call::list_tasks, "q", "string", ""},
    query_row{call::list_tasks, "limit", "integer", ""},
    query_row{call::list_tasks, "cursor", "string", ""},
    query_row{call::list_deliveries, "state", "string", ""},
    query_row{call::list_deliveries, "relay", "string", ""},
    query_row{call::list_deliveries, "task_id", "string", "uuid"},
    query_row{call::list_deliveries, "limit", "integer", ""},
    query_row{call::list_deliveries, "cursor", "string", ""},
    query_row{call::clear_mute, "relay", "string", ""},
    query_row{call::clear_mute, "chat_id", "string", ""},
    query_row{call::read_stats, "window", "string", ""},
    query_row{call::read_stats, "bucket", "string", ""},
    query_row{call::read_stats, "kind", "string", ""},
    query_row{call::list_causes, "window", "string", ""},
    query_row{call::list_causes, "kind", "string", ""},
    query_row{call::list_causes, "limit", "integer", ""},
    query_row{call::list_causes, "cursor", "string", ""},
    query_row{call::read_cause, "window", "string", ""},
    query_row{call::list_runners, "limit", "integer", ""},
    query_row{call::list_runners, "cursor", "string", ""},
    query_row{call::list_chat_sessions, "after", "string", ""},
    query_row{call::list_chat_sessions, "limit", "integer", ""},
    query_row{call::stream_events, "after", "integer", "int64"},
};

bool is_page(call what) {
  return what == call::page_home || what == call::page_runs
         || what == call::page_run || what == call::page_failures;
}

std::string_view content_type(call what) {
  if (is_page(what))
    return "text/html";
  if (what == call::metrics)
    return "text/plain";
  if (what == call::stream_events)
    return "text/event-stream";
  return "application/json";
}

json::object parameter(std::string_view name, std::string_view in,
                       std::string_view type, std::string_view format) {
  json::object schema{{"type", type}};
  if (!format.empty())
    schema["format"] = format;
  return {{"name", name},
          {"in", in},
          {"required", in == "path"},
          {"schema", std::move(schema)}};
}

json::array parameters(const operation_row& row) {
  json::array list;
  for (auto rest = row.path; !rest.empty();) {
    const auto open = rest.find('{');
    if (open == std::string_view::npos)
      break;
    const auto close = rest.find('}', open);
    const auto name = rest.substr(open + 1, close - open - 1);
    const bool is_uuid = name == "task_id" || name == "delivery_id";
    list.push_back(parameter(name, "path", "string", is_uuid ? "uuid" : ""));
    rest.remove_prefix(close + 1);
  }
  for (const auto& query : queries)
    if (query.what == row.what)
      list.push_back(parameter(query.name, "query", query.type, query.format));
  if (row.what == call::create_task)
    list.push_back(parameter("Idempotency-Key", "header", "string", ""));
  if (row.what == call::stream_events)
    list.push_back(parameter("Last-Event-ID", "header", "string", ""));
  return list;
}

json::array security(scope needs) {
  if (needs == scope::open)
    return {};
  if (needs == scope::runner)
    return {json::object{{"runnerToken", json::array{}}},
            json::object{{"attemptToken", json::array{}}}};
  return {json::object{{"operatorToken", json::array{to_string(needs)}}},
          json::object{{"session", json::array{}}}};
}

json::object responses(const operation_row& row) {
  json::object good{{"description", "done"}};
  if (row.success != 204)
    good["content"] = json::object{
        {content_type(row.what), json::object{{"schema", json::object{}}}}};
  json::object all;
  all[std::to_string(row.success)] = std::move(good);
  if (row.what == call::create_task)
    all["200"] = json::object{{"description", "made before by the same key"}};
  all["default"] = json::object{{"$ref", "#/components/responses/Problem"}};
  return all;
}

json::object describe(const operation_row& row) {
  json::object text{{"operationId", row.id},
                    {"summary", row.summary},
                    {"parameters", parameters(row)},
                    {"security", security(row.needs)},
                    {"responses", responses(row)}};
  if (row.body != body_rule::none)
    text["requestBody"] = json::object{
        {"required", row.body == body_rule::json},
        {"content",
         json::object{
             {"application/json",
              json::object{{"schema", json::object{{"type", "object"}}}}}}}};
  return text;
}

json::object bearer(std::string_view description) {
  return {{"type", "http"}, {"scheme", "bearer"}, {"description", description}};
}

json::object components() {
  json::object problem{
      {"type", "object"},
      {"required", json::array{"title", "status", "detail", "code"}},
      {"properties", json::object{{"title", json::object{{"type", "string"}}},
                                  {"status", json::object{{"type", "integer"}}},
                                  {"detail", json::object{{"type", "string"}}},
                                  {"code", json::object{{"type", "string"}}}}}};
  json::object answer{
      {"description", "what went wrong"},
      {"content",
       json::object{
           {"application/problem+json",
            json::object{
                {"schema",
                 json::object{{"$ref", "#/components/schemas/Problem"}}}}}}}};
  return {{"schemas", json::object{{"Problem", std::move(problem)}}},
          {"responses", json::object{{"Problem", std::move(answer)}}},
          {"securitySchemes",
           json::object{
               {"runnerToken", bearer("a token of auth.runner_tokens")},
               {"attemptToken", bearer("the token that a claim hands out")},
               {"operatorToken", bearer("a token of auth.operator_tokens")},
               {"session", json::object{{"type", "apiKey"},
                                        {"in", "cookie"},
                                        {"name", session_cookie(false)}}}}}};
}

std::string write_document() {
  json::object paths;
  for (const auto& row : operations()) {
    std::string method{row.method};
    for (auto& c : method)
      c = static_cast<char>(c - 'A' + 'a');
    auto& path = paths[row.path];
    if (!path.is_object())
      path.emplace_object();
    path.as_object()[method] = describe(row);
  }
  return json::serialize(json::object{
      {"openapi", "3.1.0"},
      {"info",
       json::object{{"title", "Telltale"},
                    {"version", "1"},
                    {"summary",
                     "A control plane that tells the truth about failure. "
                     "/internal/… also answers under /api/v2/internal/…."},
                    {"license", json::object{{"name", "see LICENSE"}}}}},
      {"paths", std::move(paths)},
      {"components", components()}});
}

} // namespace

const std::string& openapi_document() {
  static const std::string text = write_document();
  return text;
}

} // namespace telltale
