#include "actors/relay/channels/answer.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>

#include "text/json_fields.hpp"

namespace telltale {

namespace {

constexpr std::chrono::milliseconds longest_wait{std::chrono::hours{1}};
constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";

std::optional<long long> whole_number(std::string_view text) {
  long long value = 0;
  const auto* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc{} || stop != end)
    return std::nullopt;
  return value;
}

/// `Sun, 06 Nov 1994 08:49:37 GMT`, the only form that servers may send.
std::optional<timestamp> parse_http_date(std::string_view text) {
  constexpr std::array<std::string_view, 12> months{"Jan", "Feb", "Mar", "Apr",
                                                    "May", "Jun", "Jul", "Aug",
                                                    "Sep", "Oct", "Nov", "Dec"};
  if (text.size() != 29 || text.substr(26) != "GMT")
    return std::nullopt;
  const auto* month = std::ranges::find(months, text.substr(8, 3));
  if (month == months.end())
    return std::nullopt;
  char iso[32];
  const auto number = std::distance(months.begin(), month) + 1;
  std::snprintf(iso, sizeof iso, "%.4s-%02d-%.2sT%.8sZ", text.data() + 12,
                static_cast<int>(number), text.data() + 5, text.data() + 17);
  return parse_rfc3339(iso);
}

std::string_view without_mark(std::string_view text) noexcept {
  if (text.starts_with(byte_order_mark))
    text.remove_prefix(byte_order_mark.size());
  return text;
}

/// A page for a browser: from a proxy, an ingress or a captive portal, and so
/// not from behind it.
bool is_page(const http::client_response& answer) {
  if (const auto type = answer.find("content-type");
      type && type->starts_with("text/html"))
    return true;
  const auto body = without_mark(answer.body);
  const auto first = body.find_first_not_of(" \t\r\n");
  return first != std::string_view::npos && body[first] == '<';
}

answer_meaning obeyed(const http::client_response& answer, timestamp now) {
  answer_meaning meaning;
  meaning.after = retry_after(answer, now);
  meaning.rule = answer.status == 429 || meaning.after ? answer_rule::throttled
                                                       : answer_rule::transient;
  return meaning;
}

std::string_view kind_of(const http::client_response& answer) {
  if (answer.status >= 300 && answer.status < 400)
    return "a redirect, which is not followed";
  if (is_page(answer))
    return "a page";
  return without_mark(answer.body).empty() ? "nothing" : "what cannot be read";
}

} // namespace

std::string_view describe(answer_rule rule) noexcept {
  switch (rule) {
  case answer_rule::sent:
    return "sent";
  case answer_rule::throttled:
    return "waits, no try is spent";
  case answer_rule::transient:
    return "tried again";
  case answer_rule::renew_token:
    return "a new token, once; refused again: the relay pauses";
  case answer_rule::leave_thread:
    return "sent to the chat itself, once";
  case answer_rule::leave_detail:
    return "sent as the reason's copy alone, once";
  case answer_rule::leave_card:
    return "sent as plain text, once";
  case answer_rule::move_chat:
    return "sent to the chat's new id";
  case answer_rule::credential_refused:
    return "the relay pauses, nothing is lost";
  case answer_rule::binding_broken:
    return "dead, the chat cannot be reached";
  case answer_rule::target_gone:
    return "dead, the relay is disabled";
  case answer_rule::permanent:
    return "dead";
  }
  return "dead";
}

std::optional<std::chrono::milliseconds>
retry_after(const http::client_response& answer, timestamp now) {
  const auto text = answer.find("retry-after");
  if (!text)
    return std::nullopt;
  std::chrono::milliseconds wait{};
  if (const auto seconds = whole_number(*text))
    wait = std::chrono::seconds{std::clamp(*seconds, 0LL, 3600LL)};
  else if (const auto date = parse_http_date(*text))
    wait = std::chrono::duration_cast<std::chrono::milliseconds>(*date - now);
  else
    return std::nullopt;
  return std::clamp(wait, std::chrono::milliseconds{0}, longest_wait);
}

answer_meaning not_of_chat(std::string_view who,
                           const http::client_response& answer, timestamp now) {
  auto meaning = obeyed(answer, now);
  meaning.transport = meaning.rule == answer_rule::transient;
  meaning.unreadable = is_success(answer.status) && !is_page(answer);
  meaning.explanation = std::string{who} + " answered "
                        + std::to_string(answer.status) + " with "
                        + std::string{kind_of(answer)};
  if (meaning.transport && !meaning.unreadable)
    meaning.explanation += ": look at the proxies on the way";
  return meaning;
}

answer_meaning by_status(std::string_view who,
                         const http::client_response& answer, timestamp now) {
  auto meaning = obeyed(answer, now);
  meaning.explanation =
      std::string{who} + " answered " + std::to_string(answer.status);
  meaning.transport = meaning.rule == answer_rule::transient;
  if (meaning.transport && !is_transient(answer.status)) {
    meaning.rule = answer_rule::permanent;
    meaning.transport = false;
  }
  return meaning;
}

std::optional<boost::json::object>
body_object(const http::client_response& answer) {
  return text::parse_object(without_mark(answer.body));
}

std::string_view safe_word(std::string_view word) noexcept {
  constexpr std::size_t longest = 40;
  const bool fit = !word.empty() && word.size() <= longest
                   && std::ranges::all_of(word, [](char c) {
                        return (c >= 'a' && c <= 'z') || c == '_';
                      });
  return fit ? word : std::string_view{};
}

} // namespace telltale
