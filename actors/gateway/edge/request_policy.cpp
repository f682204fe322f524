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
  if (operation.what == call::claim_tasks
      || operation.what == call::runner_recover
      || operation.what == call::daemon_recover)
    return false;
  if (!operation.path.ends_with("heartbeat") && !path.empty())
    return parse_uuid(path.front()) == who.task->value;
  return true;
}

} // namespace telltale
