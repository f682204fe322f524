#include "actors/persistence/postgres/facts_codec.hpp"

#include <algorithm>
#include <cstdint>
#include <exception>
#include <stdexcept>

#include <boost/json.hpp>

#include "actors/persistence/stored_text.hpp"

namespace telltale {

namespace {

namespace json = boost::json;

/// Writes one object's members as text. A report's facts are written on the hot
/// path: no tree of values is built for them.
class members {
public:
  members() { out_.reserve(usual_size); }

  void add(std::string_view key, std::string_view text) {
    begin(key);
    out_ += '"';
    const auto is_special = [](char c) {
      return c == '"' || c == '\\' || static_cast<unsigned char>(c) < 0x20U;
    };
    for (auto at = text.begin(); at != text.end();) {
      const auto special = std::find_if(at, text.end(), is_special);
      out_.append(at, special);
      at = special;
      if (at != text.end())
        add_special(*at++);
    }
    out_ += '"';
  }

  void add(std::string_view key, std::uint32_t number) {
    begin(key);
    out_ += std::to_string(number);
  }

  void add_true(std::string_view key) {
    begin(key);
    out_ += "true";
  }

  /// What is empty is left out.
  void maybe(std::string_view key, std::string_view text) {
    if (!text.empty())
      add(key, text);
  }

  template <class T>
  void maybe(std::string_view key, const std::optional<T>& value) {
    if (value)
      add(key, to_string(*value));
  }

  void maybe(std::string_view key, const std::optional<timestamp>& when) {
    if (when)
      add(key, format_rfc3339(*when));
  }

  [[nodiscard]] std::string done() {
    out_ += '}';
    return std::move(out_);
  }

private:
  void begin(std::string_view key) {
    out_ += out_.empty() ? '{' : ',';
    out_.append(1, '"').append(key).append("\":");
  }

  void add_special(char c) {
    constexpr std::string_view digits = "0123456789abcdef";
    const auto code = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\')
      out_.append(1, '\\').append(1, c);
    else
      out_.append("\\u00")
          .append(1, digits[code >> 4U])
          .append(1, digits[code & 15U]);
  }

  static constexpr std::size_t usual_size = 600;

  std::string out_;
};

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

template <class Id> std::optional<Id> parse_id(std::string_view text) {
  if (const auto id = parse_uuid(text))
    return Id{*id};
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
    facts.failure_reason = failure_reason{std::move(why)};
  facts.error = stored_text::from_store(text_of(from, "error"));
  facts.telling_line = stored_text::from_store(text_of(from, "telling_line"));
  facts.cause = text_of(from, "cause");
  facts.origin = read_if_there(from, "origin", parse_detail_origin);
  if (const auto* pending = from.if_contains("will_retry"))
    facts.will_retry = pending->as_bool();
  facts.retry_at = read_if_there(from, "retry_at", parse_rfc3339);
  facts.part = text_of(from, "part");
  if (const auto* produced = from.if_contains("produced"))
    facts.produced = produced->to_number<std::uint32_t>();
  facts.body = stored_text::from_store(text_of(from, "body"));
  facts.wanted_runner.value = text_of(from, "wanted_runner");
  facts.delivery = read_if_there(from, "delivery", parse_id<delivery_id>);
  facts.relay = text_of(from, "relay");
  facts.amended = read_if_there(from, "amended", parse_id<event_id>);
  return facts;
}

} // namespace

std::string write_facts(const event_facts& facts) {
  const auto& [id, type, occurred_at, task, attempt, max_attempts, kind, title,
               chat_session, workspace, agent, issue, status, outcome, why,
               error, telling_line, cause, origin, will_retry, retry_at, part,
               produced, body, wanted_runner, delivery, relay, amended] = facts;
  members out;
  out.add("id", to_string(id));
  out.add("type", to_string(type));
  out.add("occurred_at", format_rfc3339(occurred_at));
  out.add("task", to_string(task));
  out.add("attempt", attempt);
  out.add("max_attempts", max_attempts);
  out.maybe("kind", kind);
  out.maybe("title", title.view());
  out.maybe("chat_session", chat_session.value);
  out.maybe("workspace", workspace.value);
  out.maybe("agent", agent.value);
  out.maybe("issue", issue.value);
  out.add("status", to_string(status));
  out.maybe("outcome", outcome);
  out.maybe("why", why);
  out.maybe("error", error.view());
  out.maybe("telling_line", telling_line.view());
  out.maybe("cause", cause);
  out.maybe("origin", origin);
  if (will_retry)
    out.add_true("will_retry");
  out.maybe("retry_at", retry_at);
  out.maybe("part", part);
  if (produced > 0)
    out.add("produced", produced);
  out.maybe("body", body.view());
  out.maybe("wanted_runner", wanted_runner.value);
  out.maybe("delivery", delivery);
  out.maybe("relay", relay);
  out.maybe("amended", amended);
  return out.done();
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
