#include "actors/relay/channels/lark_rules.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <string_view>

#include "actors/relay/channels/channel.hpp"
#include "text/json_fields.hpp"

namespace telltale {

namespace {

struct code_row {
  std::int64_t code;
  lark_rule rule;
  std::string_view meaning;
};

constexpr std::array rows{
    code_row{99991663, lark_rule::renew_token, "the token is no longer valid"},
    code_row{99991664, lark_rule::renew_token, "the token is no longer valid"},
    code_row{230020, lark_rule::throttled, "too many messages for the chat"},
    code_row{11232, lark_rule::throttled, "too many messages for the app"},
    code_row{99991400, lark_rule::throttled, "too many requests"},
    code_row{230049, lark_rule::transient, "the message is being sent"},
    code_row{230011, lark_rule::leave_thread, "the message was withdrawn"},
    code_row{230019, lark_rule::leave_thread, "the thread does not exist"},
    code_row{230050, lark_rule::leave_thread, "the message cannot be seen"},
    code_row{230071, lark_rule::leave_thread, "the message takes no thread"},
    code_row{230072, lark_rule::leave_thread, "the message takes no thread"},
    code_row{230111, lark_rule::leave_thread, "the message is gone"},
    code_row{230022, lark_rule::leave_detail, "refused as sensitive"},
    code_row{230025, lark_rule::leave_detail, "refused as too long"},
    code_row{230028, lark_rule::leave_detail, "refused by a data-loss rule"},
    code_row{230002, lark_rule::binding_broken, "the bot is not in the chat"},
    code_row{230013, lark_rule::binding_broken, "the user is gone"},
    code_row{232009, lark_rule::binding_broken, "the chat was dissolved"},
};

constexpr std::chrono::seconds longest_wait{3600};

std::optional<std::chrono::milliseconds>
time_until_reset(const http::client_response& answer) {
  if (const auto text = answer.find("x-ogw-ratelimit-reset")) {
    int seconds = 0;
    const auto* end = text->data() + text->size();
    const auto [stop, error] = std::from_chars(text->data(), end, seconds);
    if (error == std::errc{} && stop == end && seconds >= 0)
      return std::min(std::chrono::seconds{seconds}, longest_wait);
  }
  return retry_after(answer, now_utc());
}

lark_verdict by_status(const http::client_response& answer) {
  lark_verdict verdict;
  verdict.why = "lark answered " + std::to_string(answer.status);
  if (answer.status == 429)
    verdict.rule = lark_rule::throttled;
  else if (is_transient(answer.status))
    verdict.rule = lark_rule::transient;
  return verdict;
}

lark_verdict by_code(const http::client_response& answer, std::int64_t code) {
  auto verdict = by_status(answer);
  verdict.code = code;
  verdict.why = "lark answered code " + std::to_string(code);
  const auto* row = std::ranges::find(rows, code, &code_row::code);
  if (row != rows.end()) {
    verdict.rule = row->rule;
    verdict.why += " (" + std::string{row->meaning} + ")";
  }
  return verdict;
}

} // namespace

lark_verdict judge_lark(const http::client_response& answer) {
  const auto body = text::parse_object(answer.body);
  const auto code = body ? text::number_at(*body, "code") : std::nullopt;
  lark_verdict verdict;
  if (code && *code == 0) {
    verdict.message_id =
        text::text_at(text::object_at(*body, "data"), "message_id");
    verdict.rule =
        verdict.message_id.empty() ? lark_rule::transient : lark_rule::sent;
    if (verdict.message_id.empty())
      verdict.why = "lark gave no message id";
    return verdict;
  }
  if (code) {
    verdict = by_code(answer, *code);
  } else {
    verdict = by_status(answer);
    // A success that says nothing is a lost answer, not a message.
    if (answer.status < 400)
      verdict.rule = lark_rule::transient;
  }
  if (verdict.rule == lark_rule::throttled
      || verdict.rule == lark_rule::transient)
    verdict.after = time_until_reset(answer);
  return verdict;
}

lark_token read_lark_token(const http::client_response& answer) {
  lark_token token;
  const auto body = text::parse_object(answer.body);
  const auto code = body ? text::number_at(*body, "code") : std::nullopt;
  if (code && *code == 0) {
    token.value = text::text_at(*body, "tenant_access_token");
    if (const auto expire = text::number_at(*body, "expire"))
      token.expires_in =
          std::chrono::seconds{std::clamp<std::int64_t>(*expire, 0, 86'400)};
  }
  if (!token.value.empty())
    return token;
  token.refused = judge_lark(answer);
  token.refused.why = "no token: " + token.refused.why;
  return token;
}

} // namespace telltale
