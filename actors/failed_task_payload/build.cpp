#include "actors/failed_task_payload/build.hpp"

#include <optional>
#include <string>
#include <utility>

#include <boost/json.hpp>

#include "messages/blank.hpp"

namespace telltale {

namespace {

namespace json = boost::json;

constexpr std::size_t most_keys = 24;

/// A key that is there whether or not it has a value. A text without one is
/// null.
void put_text(json::object& into, json::string_view key,
              const std::string& text) {
  if (text.empty())
    into.emplace(key, nullptr);
  else
    into.emplace(key, text);
}

void put_time(json::object& into, json::string_view key,
              const std::optional<timestamp>& when) {
  put_text(into, key, when ? format_rfc3339(*when) : std::string{});
}

std::string run_url(const event_facts& facts, std::string_view public_url) {
  while (public_url.ends_with('/'))
    public_url.remove_suffix(1);
  if (public_url.empty())
    return {};
  return std::string{public_url} + "/runs/" + to_string(facts.task);
}

/// What begins every payload, in the order that all share.
void put_identity(json::object& into, const event_facts& facts) {
  into.emplace("event_id", to_string(facts.id));
  into.emplace("type", to_string(facts.type));
  into.emplace("task_id", to_string(facts.task));
  into.emplace("attempt", facts.attempt);
  into.emplace("max_attempts", facts.max_attempts);
  put_text(into, "chat_session_id", facts.chat_session.value);
  put_text(into, "workspace_id", facts.workspace.value);
  put_text(into, "agent_id", facts.agent.value);
  put_text(into, "issue_id", facts.issue.value);
  into.emplace("kind", facts.kind);
  into.emplace("title", facts.title.view());
  into.emplace("status", to_string(facts.status));
}

void put_failure(json::object& into, const event_facts& facts) {
  put_text(into, "failure_reason",
           facts.failure_reason ? facts.failure_reason->wire : "");
  put_text(into, "failure_side",
           facts.failure_reason && !facts.failure_reason->wire.empty()
               ? to_string(side_of(*facts.failure_reason))
               : "");
  const bool has_error = !is_blank(facts.error.view());
  put_text(into, "error", has_error ? facts.error.view() : "");
  put_text(into, "error_origin",
           has_error && facts.origin ? to_string(*facts.origin) : "");
  put_text(into, "telling_line", facts.telling_line.view());
  put_text(into, "cause", facts.cause);
}

/// What a runner handed over to be posted. Its body is JSON again if redaction
/// left it so, else a text.
json::object produced_object(const event_facts& facts) {
  json::error_code error;
  auto body = json::parse(facts.body.view(), error);
  return {{"part", facts.part},
          {"count", facts.produced},
          {"body", error ? json::value(facts.body.view()) : std::move(body)}};
}

/// The payload of an event other than a failure.
std::string write_other(const event_facts& facts, const std::string& url) {
  json::object out;
  out.reserve(most_keys);
  out.emplace("schema", "telltale.task_event.v1");
  put_identity(out, facts);
  put_text(out, "outcome", facts.outcome ? to_string(*facts.outcome) : "");
  put_failure(out, facts);
  if (facts.type == event_type::task_produced)
    out.emplace("produced", produced_object(facts));
  put_text(out, "delivery_id",
           facts.delivery ? to_string(*facts.delivery) : "");
  put_text(out, "relay", facts.relay);
  put_time(out, "occurred_at", facts.occurred_at);
  put_text(out, "run_url", url);
  return json::serialize(out);
}

/// `{"event_id":…,"payload":` of the envelope.
std::string write_head(const event_facts& facts) {
  json::object out;
  out.emplace("event_id", to_string(facts.id));
  out.emplace("type", to_string(facts.type));
  out.emplace("task_id", to_string(facts.task));
  put_text(out, "chat_session_id", facts.chat_session.value);
  put_text(out, "workspace_id", facts.workspace.value);
  auto text = json::serialize(out);
  text.pop_back();
  return text + ",\"payload\":";
}

std::string write_failure(const event_facts& facts, const std::string& url) {
  json::object out;
  out.reserve(most_keys);
  out.emplace("schema", "telltale.task_failed.v1");
  put_identity(out, facts);
  put_failure(out, facts);
  out.emplace("retry_pending", facts.will_retry);
  put_time(out, "next_attempt_at", facts.retry_at);
  put_time(out, "occurred_at", facts.occurred_at);
  put_text(out, "run_url", url);
  put_text(out, "amends", facts.amended ? to_string(*facts.amended) : "");
  return json::serialize(out);
}

bool is_failure_event(event_type type) {
  return type == event_type::task_failed || type == event_type::task_amended;
}

} // namespace

payload_ptr payload_builder::build(event_facts facts,
                                   std::string_view public_url) {
  auto url = run_url(facts, public_url);
  auto head = write_head(facts);
  // Their constructors are nobody else's, so not std::make_shared's either.
  if (is_failure_event(facts.type)) {
    auto json = write_failure(facts, url);
    return payload_ptr{new task_failed{std::move(facts), std::move(url),
                                       std::move(head), std::move(json)}};
  }
  auto json = write_other(facts, url);
  return payload_ptr{new task_event{std::move(facts), std::move(url),
                                    std::move(head), std::move(json)}};
}

published_event as_published(const committed_event& event,
                             std::string envelope) {
  published_event result;
  result.position = event.position;
  result.id = event.id;
  result.type = event.type;
  result.task = event.task;
  result.chat_session = event.chat_session.value;
  result.envelope = std::move(envelope);
  result.kind = event.kind;
  result.retry_at = event.retry_at;
  result.wanted_runner = event.wanted_runner;
  return result;
}

} // namespace telltale
