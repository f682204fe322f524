#include "actors/gateway/edge/request_policy.hpp"

#include <algorithm>
#include <string_view>

#include "messages/uuid.hpp"

namespace telltale {

namespace {

bool is_sane_request_id(std::string_view text) {
  return !text.empty() && text.size() <= 128
         && std::all_of(text.begin(), text.end(), [](char c) {
              return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
                     || (c >= '0' && c <= '9') || c == '.' || c == '_'
                     || c == '-';
            });
}

} // namespace

std::string request_id_of(const http::request& what) {
  const auto given = what.find("x-request-id");
  if (given && is_sane_request_id(*given))
    return std::string{*given};
  return to_string(make_uuid_v7());
}

bool is_changing(const http::request& what) {
  return what.method != "GET" && what.method != "HEAD";
}

bool is_json(const http::request& what) {
  const auto type = what.find("content-type");
  if (!type)
    return true;
  std::string name{type->substr(0, type->find(';'))};
  while (!name.empty() && (name.back() == ' ' || name.back() == '\t'))
    name.pop_back();
  std::transform(name.begin(), name.end(), name.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return name == "application/json"
         || (name.starts_with("application/") && name.ends_with("+json"));
}

bool is_allowed(const principal& who, const operation_row& operation,
                const std::vector<std::string>& path) {
  if (!may(who, operation.needs))
    return false;
  if (!who.task)
    return true;
  if (is_of_daemons(operation))
    return operation.path.starts_with("/api/daemon/tasks/{task_id}/");
  if (operation.what == call::claim_tasks
      || operation.what == call::runner_recover)
    return false;
  if (!operation.path.ends_with("heartbeat") && !path.empty())
    return parse_uuid(path.front()) == who.task->value;
  return true;
}

bool is_of_daemons(const operation_row& operation) {
  return operation.path.starts_with("/api/");
}

bool is_report(const operation_row& operation) {
  return operation.what == call::report_status
         || operation.what == call::report_many
         || operation.path.starts_with("/api/daemon/tasks/{task_id}/")
         || operation.path.starts_with("/internal/tasks/{task_id}/");
}

std::string shape_of(std::string_view method,
                     const std::vector<std::string>& segments) {
  constexpr std::size_t longest_word = 24;
  constexpr std::size_t most_segments = 8;
  const auto is_word = [](const std::string& text) {
    return !text.empty() && text.size() <= longest_word
           && std::all_of(text.begin(), text.end(), [](char c) {
                return (c >= 'a' && c <= 'z') || c == '-';
              });
  };
  std::string shape{method};
  shape += ' ';
  for (std::size_t i = 0; i < segments.size() && i < most_segments; ++i)
    shape += "/" + (is_word(segments[i]) ? segments[i] : std::string{"{}"});
  return shape;
}

} // namespace telltale
