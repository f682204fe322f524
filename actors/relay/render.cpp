#include "actors/relay/render.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <optional>

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include "actors/relay/excerpt.hpp"
#include "actors/relay/markup.hpp"
#include "messages/blank.hpp"

namespace telltale {

namespace json = boost::json;

namespace {

constexpr std::string_view bad_news_mark = "⚠️ ";
constexpr std::string_view good_news_mark = "✅ ";
constexpr std::size_t title_characters = 120;

/// What the reaper writes (docs/task_lifecycle.md), for payloads from elsewhere
/// that do not say who wrote their error.
constexpr std::array<std::string_view, 5> sentinels{
    "task expired in queue",
    "runtime went offline",
    "runtime did not reconnect within the configured grace period",
    "task timed out",
    "daemon restarted while task was in flight",
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

/// Rules 1 and 2: what the runner itself said, else the other key for it.
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

std::string attempt_line(const notice& what, const catalog& words) {
  if (what.attempt < 1)
    return {};
  const auto all = std::max(what.attempt, what.max_attempts);
  return fill(fill(words.word("attempt"), "n", std::to_string(what.attempt)),
              "m", std::to_string(all));
}

void add_line(std::string& text, std::string_view line) {
  if (line.empty())
    return;
  text += '\n';
  text += line;
}

} // namespace

detail_style parse_detail_style(std::string_view text) noexcept {
  if (text == "reason_first")
    return detail_style::reason_first;
  return text == "both" ? detail_style::both : detail_style::error_first;
}

bool is_sentinel(std::string_view text) {
  auto plain = one_line(text);
  std::ranges::transform(plain, plain.begin(), [](unsigned char c) {
    return static_cast<char>(std::tolower(c));
  });
  while (!plain.empty() && plain.back() == '.')
    plain.pop_back();
  return std::ranges::find(sentinels, plain) != sentinels.end();
}

notice read_notice(std::string_view payload, std::string_view envelope) {
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
  notice what;
  what.type = routed("type");
  what.task_id = routed("task_id");
  what.chat_session_id = routed("chat_session_id");
  what.detail = detail_of(said);
  what.reason = text_at(said, "failure_reason");
  what.title = text_at(said, "title");
  what.run_url = text_at(said, "run_url");
  what.attempt = number_at(said, "attempt");
  what.max_attempts = number_at(said, "max_attempts");
  const auto* retry = find(said, "retry_pending");
  what.retry_pending =
      retry != nullptr && retry->is_bool() && retry->get_bool();
  return what;
}

rendered render(const notice& what, const catalog& words, detail_style style,
                std::size_t detail_characters) {
  rendered result;
  result.good_news = what.type == "task:recovered";
  const std::string mark{result.good_news ? good_news_mark : bad_news_mark};
  result.copy =
      mark + (result.good_news ? words.recovered() : words.copy(what.reason));
  result.message = result.copy;
  const auto detail = result.good_news || style == detail_style::reason_first
                              || is_blank(what.detail)
                          ? std::string{}
                          : excerpt(tidy(what.detail), detail_characters);
  if (!detail.empty() && style == detail_style::both)
    result.detail = detail;
  else if (!detail.empty())
    result.message = mark + detail;
  result.title = excerpt(one_line(what.title), title_characters);
  result.attempt = attempt_line(what, words);
  result.link = is_plain_link(what.run_url) ? what.run_url : std::string{};
  result.open_run = words.word("open_run");
  result.untitled = words.word("untitled");
  result.separator = words.word("separator");
  return result;
}

std::string run_line(const rendered& what) {
  if (what.title.empty() || what.attempt.empty())
    return what.title + what.attempt;
  return what.title + what.separator + what.attempt;
}

std::string as_text(const rendered& what) {
  auto text = what.message;
  add_line(text, what.detail);
  add_line(text, run_line(what));
  add_line(text, what.link);
  return text;
}

} // namespace telltale
