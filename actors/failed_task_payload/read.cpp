#include "actors/failed_task_payload/read.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <optional>
#include <utility>

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include "messages/blank.hpp"

namespace telltale {

namespace json = boost::json;

namespace {

/// What the reaper writes (docs/task_lifecycle.md), for payloads that do not
/// say who wrote their error.
constexpr std::array<std::string_view, 6> sentinels{
    "task expired in queue",
    "runtime went offline",
    "runtime did not reconnect within the configured grace period",
    "task timed out",
    "daemon restarted while task was in flight",
    "retry was not picked up",
};

std::optional<json::object> parse_object(std::string_view text) {
  boost::system::error_code error;
  auto value = json::parse(json::string_view{text.data(), text.size()}, error);
  if (error || !value.is_object())
    return std::nullopt;
  return std::move(value.get_object());
}

const json::value* find(const json::object& object, std::string_view key) {
  return object.if_contains(json::string_view{key.data(), key.size()});
}

std::string text_at(const json::object& object, std::string_view key) {
  const auto* value = find(object, key);
  if (value == nullptr || !value->is_string())
    return {};
  return std::string{value->get_string().c_str(), value->get_string().size()};
}

std::int64_t number_at(const json::object& object, std::string_view key) {
  const auto* value = find(object, key);
  return value != nullptr && value->is_int64() ? value->get_int64() : 0;
}

/// What the runner itself said, else the other key for it.
std::string detail_of(const json::object& payload) {
  const auto origin = text_at(payload, "error_origin");
  auto error = text_at(payload, "error");
  if (origin != "platform" && !is_blank(error) && !is_sentinel(error))
    return error;
  auto other = text_at(payload, "error_message");
  return is_blank(other) || is_sentinel(other) ? std::string{} : other;
}

std::string first_non_empty(std::string a, std::string b) {
  return a.empty() ? std::move(b) : std::move(a);
}

/// Lower case, one space between words, none around.
std::string plain(std::string_view text) {
  std::string result;
  for (const char c : text) {
    const auto code = static_cast<unsigned char>(c);
    if (std::isspace(code) == 0)
      result += static_cast<char>(std::tolower(code));
    else if (!result.empty() && result.back() != ' ')
      result += ' ';
  }
  while (!result.empty() && (result.back() == '.' || result.back() == ' '))
    result.pop_back();
  return result;
}

} // namespace

bool is_sentinel(std::string_view text) {
  return std::ranges::find(sentinels, plain(text)) != sentinels.end();
}

bool says_retry(const json::object& payload) {
  const auto* retry = find(payload, "retry_pending");
  return retry != nullptr && retry->is_bool() && retry->get_bool();
}

foreign_payload read_payload(std::string_view payload,
                             std::string_view envelope) {
  const auto outer = parse_object(envelope).value_or(json::object{});
  auto inner = parse_object(payload);
  if (!inner)
    if (const auto* nested = find(outer, "payload");
        nested != nullptr && nested->is_object())
      inner = nested->get_object();
  const auto said = std::move(inner).value_or(json::object{});
  const auto routed = [&](std::string_view key) {
    return first_non_empty(text_at(outer, key), text_at(said, key));
  };
  foreign_payload what;
  what.type = routed("type");
  what.task_id = routed("task_id");
  what.chat_session_id = routed("chat_session_id");
  what.detail = detail_of(said);
  what.reason = text_at(said, "failure_reason");
  what.title = text_at(said, "title");
  what.run_url = text_at(said, "run_url");
  what.attempt = number_at(said, "attempt");
  what.max_attempts = number_at(said, "max_attempts");
  what.will_retry = says_retry(said);
  return what;
}

} // namespace telltale
