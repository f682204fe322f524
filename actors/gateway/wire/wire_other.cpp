#include <utility>

#include <boost/json.hpp>

#include "actors/gateway/wire/fields.hpp"
#include "actors/gateway/wire/wire.hpp"

namespace telltale {

namespace {

namespace json = boost::json;

json::value text_or_null(std::string_view text) {
  return text.empty() ? json::value(nullptr) : json::value(text);
}

std::string_view name_of(database_state state) {
  switch (state) {
  case database_state::answers:
    return "answers";
  case database_state::not_answering:
    return "not_answering";
  case database_state::unreachable:
    return "unreachable";
  case database_state::full:
    return "full";
  }
  return "unreachable";
}

json::object chat_object(const chat_binding& binding) {
  return {{"id", binding.session.value},
          {"relay", binding.relay},
          {"chat_id", binding.chat_id},
          {"thread_id", text_or_null(binding.thread_id)},
          {"reply_to", text_or_null(binding.reply_to)},
          {"channel_type", binding.channel_type == 0
                               ? json::value(nullptr)
                               : json::value(binding.channel_type)},
          {"locale", text_or_null(binding.locale)}};
}

} // namespace

caf::expected<chat_binding> parse_chat_binding(const std::string& session,
                                               std::string_view body) {
  if (!is_opaque_id(session))
    return make_error(ec::invalid_field,
                      "chat_session_id must have 1 to 128 characters");
  const auto object = read_object(body);
  if (!object)
    return object.error();
  field_reader fields{*object};
  chat_binding binding;
  binding.session = chat_session_id{session};
  binding.relay = fields.required_id("relay");
  binding.chat_id = fields.required_id("chat_id");
  binding.thread_id = fields.id("thread_id").value_or("");
  binding.reply_to = fields.id("reply_to").value_or("");
  binding.channel_type = static_cast<std::int32_t>(
      fields.integer("channel_type", 0, 100).value_or(0));
  binding.locale = fields.id("locale").value_or("");
  if (!fields.good())
    return fields.error();
  return binding;
}

caf::expected<raw_text> parse_redact(std::string_view body) {
  const auto object = read_object(body);
  if (!object)
    return object.error();
  field_reader fields{*object};
  auto text = fields.text("text");
  if (!text)
    fields.fail("text", "is missing");
  if (!fields.good())
    return fields.error();
  return raw_text{std::move(*text)};
}

caf::expected<std::string> parse_session(std::string_view body) {
  const auto object = read_object(body);
  if (!object)
    return object.error();
  field_reader fields{*object};
  auto token = fields.text("token");
  if (!token)
    fields.fail("token", "is missing");
  if (!fields.good())
    return fields.error();
  return std::move(*token);
}

std::string write_chat(const chat_binding& binding) {
  return json::serialize(chat_object(binding));
}

std::string write_chats(std::span<const chat_binding> bindings,
                        std::uint32_t limit) {
  json::array list;
  for (const auto& binding : bindings)
    list.push_back(chat_object(binding));
  json::value next;
  if (!bindings.empty() && bindings.size() >= limit)
    next = bindings.back().session.value;
  return json::serialize(
      json::object{{"chat_sessions", std::move(list)}, {"next_after", next}});
}

std::string write_redacted(const redacted_text& text,
                           const redaction_findings& findings) {
  json::array list;
  for (const auto& finding : findings)
    list.push_back(
        json::object{{"class", finding.kind}, {"count", finding.count}});
  return json::serialize(
      json::object{{"text", text.view()}, {"findings", std::move(list)}});
}

std::string write_reasons(std::span<const reason_view> reasons) {
  json::array list;
  for (const auto& reason : reasons) {
    const auto by_locale = [](const auto& texts) {
      json::object all;
      for (const auto& [locale, text] : texts)
        all[locale] = text;
      return all;
    };
    const auto seconds = [](std::chrono::milliseconds time) {
      return std::chrono::duration<double>(time).count();
    };
    list.push_back(json::object{
        {"failure_reason", reason.row->wire},
        {"side", to_string(reason.row->side)},
        {"meaning", reason.row->meaning},
        {"copy", by_locale(reason.copy)},
        {"brief", by_locale(reason.brief)},
        {"retry", json::object{{"retried", reason.retry.attempts > 1},
                               {"attempts", reason.retry.attempts},
                               {"base_seconds", seconds(reason.retry.base)},
                               {"factor", reason.retry.factor},
                               {"cap_seconds", seconds(reason.retry.cap)}}}});
  }
  return json::serialize(json::object{{"failure_reasons", std::move(list)}});
}

std::string write_readiness(const readiness_report& report) {
  json::array relays;
  for (const auto& name : report.relays)
    relays.emplace_back(name);
  json::array disabled;
  for (const auto& one : report.disabled)
    disabled.push_back(json::object{{"relay", one.relay},
                                    {"why", one.why},
                                    {"since", format_rfc3339(one.since)}});
  json::array paused;
  for (const auto& one : report.paused)
    paused.push_back(json::object{{"relay", one.relay},
                                  {"state", "credential_refused"},
                                  {"explanation", one.explanation},
                                  {"since", format_rfc3339(one.since)}});
  const bool ready = report.ready();
  return json::serialize(json::object{
      {"ready", ready},
      {"database",
       json::object{{"ok", report.database == database_state::answers},
                    {"state", name_of(report.database)},
                    {"explanation", text_or_null(report.explanation)}}},
      {"migrations", json::object{{"ok", report.migrations},
                                  {"version", report.schema_version}}},
      {"relays", json::object{{"ok", true},
                              {"names", std::move(relays)},
                              {"disabled", std::move(disabled)},
                              {"paused", std::move(paused)}}}});
}

} // namespace telltale
