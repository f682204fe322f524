#include "actors/persistence/facts_codec.hpp"

#include <cstdint>
#include <exception>
#include <stdexcept>

#include <boost/json.hpp>

#include "actors/persistence/stored_text.hpp"

namespace telltale {

namespace {

namespace json = boost::json;

void put(json::object& into, json::string_view key, const std::string& text) {
  if (!text.empty())
    into.emplace(key, text);
}

template <class T> void put(json::object& into, json::string_view key,
                            const std::optional<T>& value) {
  if (value)
    into.emplace(key, to_string(*value));
}

void put(json::object& into, json::string_view key,
         const std::optional<timestamp>& when) {
  if (when)
    into.emplace(key, format_rfc3339(*when));
}

std::string text_of(const json::object& from, json::string_view key) {
  const auto* found = from.if_contains(key);
  return found == nullptr ? std::string{} : json::value_to<std::string>(*found);
}

/// Ends the reading of a text that is none of ours.
template <class T> T need(std::optional<T> value) {
  if (!value)
    throw std::invalid_argument{"not an event's facts"};
  return *std::move(value);
}

/// Absent is nothing; what is there must read well.
template <class Read>
auto read_if_there(const json::object& from, json::string_view key, Read&& read)
    -> decltype(read(std::string{})) {
  const auto text = text_of(from, key);
  if (text.empty())
    return std::nullopt;
  return need(read(text));
}

std::optional<error_origin> parse_error_origin(std::string_view text) {
  for (const auto origin : {error_origin::runner, error_origin::platform}) {
    if (to_string(origin) == text)
      return origin;
  }
  return std::nullopt;
}

std::optional<delivery_id> parse_delivery_id(std::string_view text) {
  if (const auto id = parse_uuid(text))
    return delivery_id{*id};
  return std::nullopt;
}

event_facts read_object(const json::object& from) {
  event_facts facts;
  facts.id.value = need(parse_uuid(text_of(from, "id")));
  facts.type = need(parse_event_type(text_of(from, "type")));
  facts.occurred_at = need(parse_rfc3339(text_of(from, "occurred_at")));
  facts.task.value = need(parse_uuid(text_of(from, "task")));
  facts.attempt = from.at("attempt").to_number<std::uint32_t>();
  facts.max_attempts = from.at("max_attempts").to_number<std::uint32_t>();
  facts.kind = text_of(from, "kind");
  facts.title = stored_text::from_store(text_of(from, "title"));
  facts.chat_session.value = text_of(from, "chat_session");
  facts.workspace.value = text_of(from, "workspace");
  facts.agent.value = text_of(from, "agent");
  facts.issue.value = text_of(from, "issue");
  facts.status = need(parse_task_status(text_of(from, "status")));
  facts.outcome = read_if_there(from, "outcome", parse_task_outcome);
  if (auto why = text_of(from, "why"); !why.empty())
    facts.why = failure_reason{std::move(why)};
  facts.error = stored_text::from_store(text_of(from, "error"));
  facts.origin = read_if_there(from, "origin", parse_error_origin);
  if (const auto* pending = from.if_contains("retry_pending"))
    facts.retry_pending = pending->as_bool();
  facts.next_attempt_at = read_if_there(from, "next_attempt_at", parse_rfc3339);
  facts.delivery = read_if_there(from, "delivery", parse_delivery_id);
  facts.relay = text_of(from, "relay");
  return facts;
}

} // namespace

std::string write_facts(const event_facts& facts) {
  const auto& [id, type, occurred_at, task, attempt, max_attempts, kind, title,
               chat_session, workspace, agent, issue, status, outcome, why,
               error, origin, retry_pending, next_attempt_at, delivery, relay] =
      facts;
  json::object out;
  out.reserve(21);
  out.emplace("id", to_string(id));
  out.emplace("type", to_string(type));
  out.emplace("occurred_at", format_rfc3339(occurred_at));
  out.emplace("task", to_string(task));
  out.emplace("attempt", attempt);
  out.emplace("max_attempts", max_attempts);
  put(out, "kind", kind);
  put(out, "title", title.view());
  put(out, "chat_session", chat_session.value);
  put(out, "workspace", workspace.value);
  put(out, "agent", agent.value);
  put(out, "issue", issue.value);
  out.emplace("status", to_string(status));
  put(out, "outcome", outcome);
  put(out, "why", why);
  put(out, "error", error.view());
  put(out, "origin", origin);
  if (retry_pending)
    out.emplace("retry_pending", true);
  put(out, "next_attempt_at", next_attempt_at);
  put(out, "delivery", delivery);
  put(out, "relay", relay);
  return json::serialize(out);
}

std::optional<event_facts> read_facts(std::string_view text) {
  try {
    const auto value = json::parse(json::string_view{text.data(), text.size()});
    return read_object(value.as_object());
  } catch (const std::exception&) {
    return std::nullopt;
  }
}

} // namespace telltale
