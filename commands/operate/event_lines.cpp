#include "commands/operate/event_lines.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

#include <boost/json/object.hpp>

#include "actors/failed_task_payload/read.hpp"
#include "commands/client/runner_client.hpp"

namespace telltale::commands {

namespace json = boost::json;

namespace {

colour colour_of(std::string_view type, bool is_retried) {
  if (type == "task:failed" || type == "task:amended")
    return is_retried ? colour::yellow : colour::red;
  if (type == "delivery:dead")
    return colour::red;
  if (type == "task:succeeded" || type == "task:recovered"
      || type == "delivery:sent")
    return colour::green;
  return colour::plain;
}

std::string padded(std::string text, std::size_t columns) {
  const auto used = columns_of(text);
  return text + std::string(used < columns ? columns - used : 0, ' ');
}

} // namespace

void stream_reader::feed(
    std::string_view bytes,
    const std::function<void(const stream_event&)>& on_event) {
  for (const char c : bytes) {
    const auto was_return = std::exchange(after_return_, c == '\r');
    if (c == '\n' && was_return)
      continue;
    if (c != '\n' && c != '\r') {
      line_ += c;
      continue;
    }
    take(line_, on_event);
    line_.clear();
  }
}

void stream_reader::take(
    std::string_view line,
    const std::function<void(const stream_event&)>& on_event) {
  if (line.empty()) {
    if (has_data_)
      on_event(event_);
    event_ = {};
    has_data_ = false;
    return;
  }
  const auto colon = line.find(':');
  const auto name = line.substr(0, colon);
  auto value = colon == std::string_view::npos ? std::string_view{}
                                               : line.substr(colon + 1);
  if (value.starts_with(' '))
    value.remove_prefix(1);
  if (name == "event") {
    event_.type = value;
  } else if (name == "data") {
    if (has_data_)
      event_.data += '\n';
    event_.data += value;
    has_data_ = true;
  } else if (name == "id") {
    std::int64_t number = 0;
    const auto* end = value.data() + value.size();
    const auto read = std::from_chars(value.data(), end, number);
    if (read.ec == std::errc{} && read.ptr == end)
      event_.id = number;
  }
}

bool is_wanted(std::string_view type, const std::vector<std::string>& asked) {
  const auto plain = type.substr(type.find(':') + 1);
  return asked.empty()
         || std::any_of(asked.begin(), asked.end(), [&](const auto& each) {
              return each == type || each == plain;
            });
}

std::string event_line(const json::value& envelope, const terminal& on,
                       timestamp now) {
  const auto type = text_at(envelope, "type");
  const auto* object = envelope.if_object();
  const auto* found =
      object != nullptr ? object->if_contains("payload") : nullptr;
  const auto& payload = found != nullptr ? *found : envelope;
  const auto* fields = payload.if_object();
  const bool is_retried = fields != nullptr && says_retry(*fields);

  const auto when = parse_rfc3339(text_at(payload, "occurred_at"));
  auto time = format_rfc3339(when.value_or(now)).substr(11, 8);
  auto out =
      on.paint(colour::dim, time) + "  "
      + on.paint(colour_of(type, is_retried), padded(printable(type), 15)) + " "
      + on.paint(colour::dim, text_at(envelope, "task_id"));
  std::string rest;
  const auto add = [&](const std::string& part) {
    if (!part.empty())
      rest += "  " + part;
  };
  add(first_line(text_at(payload, "title")));
  add(printable(text_at(payload, "outcome")));
  add(printable(text_at(payload, "failure_reason")));
  if (is_retried)
    add("(another attempt is coming)");
  const auto line = text_at(payload, "telling_line");
  add(first_line(line.empty() ? text_at(payload, "error") : line));
  add(printable(text_at(payload, "relay")));
  constexpr std::size_t fixed = 8 + 2 + 15 + 1 + 36;
  if (on.columns > 0)
    rest = fit(rest, on.columns > fixed + 10 ? on.columns - fixed : 10);
  return out + rest;
}

} // namespace telltale::commands
