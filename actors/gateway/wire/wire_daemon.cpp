#include "actors/gateway/wire/wire_daemon.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include <boost/json.hpp>
#include <openssl/sha.h>

#include "actors/gateway/wire/bounded_object.hpp"
#include "actors/gateway/wire/fields.hpp"
#include "actors/gateway/wire/spliced_object.hpp"
#include "text/hex.hpp"
#include "text/json_members.hpp"

// Daemons, their runtimes, and what these are given to do.

namespace telltale {

namespace {

namespace json = boost::json;

constexpr std::size_t longest_name = 128;

/// What a daemon calls something: never a reason to refuse it.
std::string read_name(const json::object& from, json::string_view key) {
  const auto* value = from.if_contains(key);
  if (value == nullptr || !value->is_string())
    return {};
  std::string text;
  for (const char c : value->get_string())
    text += static_cast<unsigned char>(c) < 0x20U ? ' ' : c;
  return cut_text(text, longest_name);
}

/// A list of ids under `name`; none if it is absent.
std::vector<std::string> read_ids(field_reader& fields, const char* name) {
  std::vector<std::string> ids;
  const auto* value = fields.find(name);
  if (value == nullptr)
    return ids;
  const auto* list = value->if_array();
  if (list == nullptr || list->size() > most_runtimes) {
    fields.fail(name, "must be a list of at most 100 ids");
    return ids;
  }
  for (const auto& each : *list) {
    const auto* text = each.if_string();
    if (text == nullptr || !is_opaque_id(std::string_view{*text})) {
      fields.fail(name, "must hold ids of 1 to 128 characters");
      return ids;
    }
    ids.emplace_back(text->data(), text->size());
  }
  return ids;
}

std::vector<runner_id> as_runners(std::vector<std::string> ids) {
  std::vector<runner_id> runners;
  for (auto& id : ids)
    runners.push_back({std::move(id)});
  return runners;
}

std::string known_workspaces(const workspace_names& workspaces) {
  std::string all;
  for (const auto& [id, name] : workspaces)
    all += (all.empty() ? "" : ", ") + id;
  return all;
}

/// The agent that the input names, or a minimal one: daemons need it.
json::object minimal_agent(const task_record& task) {
  const auto id = task.agent.empty() ? task.kind : task.agent.value;
  return {{"id", id},
          {"name", id},
          {"instructions", ""},
          {"skills", json::array{}}};
}

} // namespace

caf::expected<register_runtimes>
parse_register(std::string_view body, const workspace_names& workspaces) {
  const auto object = read_object(body);
  if (!object)
    return object.error();
  field_reader fields{*object};
  const workspace_id workspace{fields.required_id("workspace_id")};
  const auto daemon = fields.required_id("daemon_id");
  const auto* runtimes = fields.find("runtimes");
  const auto* list = runtimes == nullptr ? nullptr : runtimes->if_array();
  if (list == nullptr || list->size() > most_runtimes)
    fields.fail("runtimes", "must be a list of at most 100 runtimes");
  if (!fields.good())
    return fields.error();
  if (!workspaces.contains(workspace.value))
    return make_error(ec::invalid_field,
                      "workspace_id is none of runners.workspaces, which has: "
                          + known_workspaces(workspaces));
  register_runtimes what;
  for (std::size_t i = 0; i < list->size(); ++i) {
    const auto prefix = "runtimes[" + std::to_string(i) + "].";
    const auto* element = (*list)[i].if_object();
    if (element == nullptr)
      return make_error(ec::invalid_field, prefix + "type is missing");
    field_reader each{*element, prefix};
    runtime_record runtime;
    runtime.workspace = workspace;
    runtime.daemon = daemon;
    runtime.provider = each.required_id("type");
    if (!each.good())
      return each.error();
    runtime.name = read_name(*element, "name");
    runtime.version = read_name(*element, "version");
    runtime.device = read_name(*object, "device_name");
    const auto same = std::ranges::find(what.runtimes, runtime.provider,
                                        &runtime_record::provider);
    if (same == what.runtimes.end())
      what.runtimes.push_back(std::move(runtime));
  }
  return what;
}

caf::expected<daemon_claim> parse_daemon_claim(std::string_view body) {
  const auto object = read_object(body);
  if (!object)
    return object.error();
  field_reader fields{*object};
  daemon_claim claim;
  claim.daemon = fields.id("daemon_id").value_or("");
  claim.runtimes = as_runners(read_ids(fields, "runtime_ids"));
  claim.most = static_cast<std::uint32_t>(
      fields.integer("max_tasks", 0, most_runtimes).value_or(1));
  if (!fields.good())
    return fields.error();
  return claim;
}

caf::expected<runner_id> parse_daemon_heartbeat(std::string_view body) {
  const auto object = read_object(body);
  if (!object)
    return object.error();
  field_reader fields{*object};
  runner_id runtime{fields.required_id("runtime_id")};
  if (!fields.good())
    return fields.error();
  return runtime;
}

caf::expected<deregister_runtimes> parse_deregister(std::string_view body) {
  const auto object = read_object(body);
  if (!object)
    return object.error();
  field_reader fields{*object};
  deregister_runtimes what{as_runners(read_ids(fields, "runtime_ids"))};
  if (!fields.good())
    return fields.error();
  return what;
}

std::string write_workspaces(const workspace_names& workspaces) {
  json::array list;
  for (const auto& [id, name] : workspaces)
    list.push_back(json::object{{"id", id}, {"name", name}});
  return json::serialize(list);
}

std::string etag_of(std::string_view body) {
  std::array<unsigned char, SHA256_DIGEST_LENGTH> hash{};
  SHA256(reinterpret_cast<const unsigned char*>(body.data()), body.size(),
         hash.data());
  constexpr std::size_t enough = 16;
  return '"'
         + text::to_hex({reinterpret_cast<const char*>(hash.data()), enough})
         + '"';
}

std::string write_registered(const runtimes_found& found) {
  json::array list;
  for (const auto& one : found.runtimes)
    list.push_back(
        json::object{{"id", one.id.value},
                     {"name", one.name.empty() ? one.provider : one.name},
                     {"provider", one.provider},
                     {"status", "online"}});
  return json::serialize(json::object{{"runtimes", std::move(list)},
                                      {"repos", json::array{}},
                                      {"repos_version", "none"}});
}

std::string write_profiles(const std::string& workspace) {
  return json::serialize(json::object{{"workspace_id", workspace},
                                      {"runtime_profiles", json::array{}}});
}

std::string write_repos(const std::string& workspace) {
  return json::serialize(json::object{{"workspace_id", workspace},
                                      {"repos", json::array{}},
                                      {"repos_version", "none"}});
}

std::string write_daemon_heartbeat(const runner_id& runtime, bool known) {
  json::object answer{{"runtime_id", runtime.value},
                      {"status", known ? "ok" : "runtime_gone"}};
  if (!known)
    answer["runtime_gone"] = true;
  return json::serialize(answer);
}

std::string write_daemon_claimed(const task_record& task,
                                 const runtime_record& runtime,
                                 std::string_view token) {
  const auto given = text::member_of(task.input, "daemon");
  const auto own = [&](const char* name, const std::string& value) {
    // What the input says goes where the task itself says nothing.
    return value.empty() && !text::member_of(given, name).empty()
               ? std::string{text::member_of(given, name)}
               : json::serialize(json::value(value));
  };
  spliced_object all;
  all.put("id", to_string(task.current_attempt));
  all.put("task_id", to_string(task.id));
  all.put("attempt", task.attempt);
  all.put_raw("agent_id", own("agent_id", task.agent.value));
  all.put("runtime_id", runtime.id.value);
  all.put("workspace_id", runtime.workspace.value);
  all.put_raw("issue_id", own("issue_id", task.issue.value));
  all.put_raw("chat_session_id",
              own("chat_session_id", task.chat_session.value));
  const auto agent = text::member_of(given, "agent");
  if (agent.starts_with('{'))
    all.put_raw("agent", agent);
  else
    all.put("agent", minimal_agent(task));
  all.put("auth_token", token);
  all.put_rest(given);
  return std::move(all).done();
}

std::string write_bundles(const task_record& task, std::string_view body) {
  const auto given = text::member_of(task.input, "daemon");
  std::vector<std::string_view> chosen;
  const auto object = read_object(body.empty() ? "{}" : body);
  const auto* asked = object ? object->if_contains("skills") : nullptr;
  const auto is_asked = [&](std::string_view bundle) {
    if (asked == nullptr || !asked->is_array())
      return true;
    return std::ranges::any_of(asked->get_array(), [&](const json::value& ref) {
      for (const auto* key : {"id", "name", "hash"}) {
        const auto* wanted =
            ref.is_object() ? ref.get_object().if_contains(key) : nullptr;
        if (wanted != nullptr && wanted->is_string()
            && json::serialize(*wanted) == text::member_of(bundle, key))
          return true;
      }
      return false;
    });
  };
  for (const auto bundle :
       text::elements_of(text::member_of(given, "skill_bundles")))
    if (is_asked(bundle))
      chosen.push_back(bundle);
  std::string all = R"({"bundles":[)";
  for (std::size_t i = 0; i < chosen.size(); ++i)
    all.append(i == 0 ? "" : ",").append(chosen[i]);
  return all + "]}";
}

std::string write_active_gc(timestamp now) {
  return json::serialize(
      json::object{{"status", "active"}, {"updated_at", format_rfc3339(now)}});
}

caf::expected<std::string> write_issues_gc(std::string_view body,
                                           timestamp now) {
  const auto object = read_object(body);
  if (!object)
    return object.error();
  json::array issues;
  const auto* ids = object->if_contains("issue_ids");
  if (ids == nullptr)
    ids = object->if_contains("ids");
  if (ids != nullptr && ids->is_array())
    for (const auto& id : ids->get_array())
      issues.push_back(json::object{{"id", id},
                                    {"found", true},
                                    {"status", "active"},
                                    {"updated_at", format_rfc3339(now)}});
  return json::serialize(json::object{{"issues", std::move(issues)},
                                      {"status", "active"},
                                      {"updated_at", format_rfc3339(now)}});
}

} // namespace telltale
