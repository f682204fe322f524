#include "actors/gateway/wire/wire_routes.hpp"

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

#include "actors/gateway/wire/fields.hpp"
#include "actors/gateway/wire/wire_task.hpp"

namespace telltale {

namespace json = boost::json;

namespace {

constexpr std::size_t most_label_bytes = 65'536;

json::object chat_of(const chat_binding& chat) {
  json::object result{{"relay", chat.relay}};
  if (!chat.chat_id.empty())
    result["chat_id"] = chat.chat_id;
  if (!chat.thread_id.empty())
    result["thread_id"] = chat.thread_id;
  return result;
}

json::object match_of(const route_match& match) {
  json::object result;
  const auto put = [&](const char* name, const std::string& pattern) {
    if (!pattern.empty())
      result[name] = pattern;
  };
  put("kind", match.kind);
  put("reason", match.reason);
  put("workspace_id", match.workspace);
  if (!match.labels.empty()) {
    json::object labels;
    for (const auto& [name, pattern] : match.labels)
      labels[name] = pattern;
    result["labels"] = std::move(labels);
  }
  return result;
}

json::array chats_of(const std::vector<chat_binding>& chats) {
  json::array result;
  for (const auto& one : chats)
    result.push_back(chat_of(one));
  return result;
}

} // namespace

caf::expected<ask_routes> parse_ask_routes(std::string_view body) {
  const auto object = read_object(body);
  if (!object)
    return object.error();
  field_reader fields{*object};
  ask_routes what;
  auto& task = what.task.emplace();
  task.kind = fields.required_id("kind");
  task.reason = fields.id("reason");
  task.workspace = fields.id("workspace_id").value_or("");
  if (auto labels = fields.any("labels", most_label_bytes); !labels.empty())
    task.labels = std::move(labels);
  if (auto session = fields.id("chat_session_id"))
    what.session = chat_session_id{std::move(*session)};
  if (!fields.good())
    return fields.error();
  return what;
}

std::string write_routes(const chat_routing& now) {
  json::array routes;
  for (const auto& one : now.routes)
    routes.push_back(json::object{{"match", match_of(one.match)},
                                  {"to", chats_of(one.to)},
                                  {"continue", one.continues}});
  return json::serialize(
      json::object{{"routes", std::move(routes)},
                   {"default_chats", chats_of(now.default_chats)}});
}

std::string write_route_tells(const routes_told& told) {
  return json::serialize(json::object{{"tells", tells_array(told.tells)}});
}

} // namespace telltale
