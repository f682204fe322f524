#include <algorithm>
#include <array>

#include <boost/json/array.hpp>

#include "actors/relay/channels/chats.hpp"
#include "actors/relay/text/excerpt.hpp"
#include "actors/relay/text/markup.hpp"
#include "text/json_fields.hpp"
#include "text/utf8.hpp"

// Slack's `chat.postMessage` (docs.slack.dev/reference/methods/chat.postMessage
// and .../apis/web-api/rate-limits): errors come with HTTP 200 and
// `"ok": false`, throttling with HTTP 429 and `Retry-After`; one message a
// second and channel. `client_msg_id` is Slack's own clients' (java-slack-sdk,
// issue 852): nothing dedupes.

namespace telltale {

namespace json = boost::json;

namespace {

constexpr std::size_t section_characters = 3'000;
constexpr std::size_t header_characters = 150;
constexpr std::size_t text_characters = 4'000; // cut by Slack from 40,000 on

constexpr auto rows = std::to_array<call_row<std::string_view>>({
    {"ratelimited", call_rule::throttled, "too many requests"},
    {"rate_limited", call_rule::throttled, "too many messages"},
    {"message_limit_exceeded", call_rule::throttled, "too many messages"},
    {"fatal_error", call_rule::transient, "an error at Slack"},
    {"internal_error", call_rule::transient, "an error at Slack"},
    {"service_unavailable", call_rule::transient, "Slack is not available"},
    {"request_timeout", call_rule::transient, "the request came in parts"},
    {"team_added_to_org", call_rule::transient, "the workspace moves"},
    {"cannot_reply_to_message", call_rule::leave_thread, "no thread there"},
    {"thread_not_found", call_rule::leave_thread, "the thread is gone"},
    {"message_not_found", call_rule::leave_thread, "the message is gone"},
    {"invalid_thread_ts", call_rule::leave_thread, "no such thread"},
    {"restricted_action_thread_locked", call_rule::leave_thread,
     "the thread is locked"},
    {"restricted_action_non_threadable_channel", call_rule::leave_thread,
     "the channel has no threads"},
    {"msg_too_long", call_rule::leave_detail, "too long"},
    {"msg_blocks_too_long", call_rule::leave_detail, "too long"},
    {"invalid_blocks", call_rule::leave_detail, "blocks refused"},
    {"invalid_blocks_format", call_rule::leave_detail, "blocks refused"},
    {"markdown_text_conflict", call_rule::permanent, "two texts"},
    {"no_text", call_rule::permanent, "no text"},
    {"channel_not_found", call_rule::binding_broken,
     "no such channel, or the bot cannot see it"},
    {"not_in_channel", call_rule::binding_broken, "the bot is not in it"},
    {"is_archived", call_rule::binding_broken, "the channel is archived"},
    {"user_not_found", call_rule::binding_broken, "no such user"},
    {"user_disabled", call_rule::binding_broken, "the user is disabled"},
    {"cannot_dm_bot", call_rule::binding_broken, "a bot gets no messages"},
    {"messages_tab_disabled", call_rule::binding_broken,
     "the app takes no direct messages"},
    {"restricted_action", call_rule::binding_broken,
     "the bot must not post there"},
    {"restricted_action_read_only_channel", call_rule::binding_broken,
     "the channel is read-only"},
    {"restricted_action_thread_only_channel", call_rule::binding_broken,
     "the channel takes replies only"},
    {"is_inactive", call_rule::binding_broken, "the channel is frozen"},
    {"invalid_auth", call_rule::permanent, "the token is not accepted"},
    {"not_authed", call_rule::permanent, "no token"},
    {"account_inactive", call_rule::permanent, "the token's account is gone"},
    {"token_expired", call_rule::permanent, "the token has expired"},
    {"token_revoked", call_rule::permanent, "the token was revoked"},
    {"not_allowed_token_type", call_rule::permanent, "not a bot's token"},
    {"missing_scope", call_rule::permanent, "the token lacks chat:write"},
    {"no_permission", call_rule::permanent, "the token lacks a permission"},
    {"access_denied", call_rule::permanent, "access denied"},
    {"accesslimited", call_rule::permanent, "this network is not allowed"},
    {"ekm_access_denied", call_rule::permanent, "posting is suspended"},
    {"enterprise_is_restricted", call_rule::permanent, "restricted"},
    {"org_login_required", call_rule::permanent, "the workspace moves"},
    {"team_access_not_granted", call_rule::permanent,
     "the token is not for this workspace"},
    {"two_factor_setup_required", call_rule::permanent,
     "the account needs a second factor"},
    {"invalid_arguments", call_rule::permanent, "arguments refused"},
});

json::object plain(std::string_view text) {
  return {{"type", "plain_text"}, {"text", text}, {"emoji", false}};
}

/// Plain text objects have no mark-up: no mention, no link, no style.
json::array blocks_of(const rendered& what) {
  json::array blocks;
  const auto characters_in = [](std::string_view text) {
    return text::utf16_units(text);
  };
  const auto& title = what.title.empty() ? what.untitled : what.title;
  blocks.push_back(json::object{
      {"type", "header"},
      {"text", plain(fitted(title, header_characters, characters_in))}});
  auto body = what.message;
  if (!what.detail.empty())
    body += "\n" + what.detail;
  blocks.push_back(json::object{
      {"type", "section"},
      {"text", plain(fitted(body, section_characters, characters_in))}});
  if (!what.attempt.empty())
    blocks.push_back(json::object{
        {"type", "context"}, {"elements", json::array{plain(what.attempt)}}});
  if (!what.link.empty())
    blocks.push_back(json::object{
        {"type", "actions"},
        {"elements", json::array{json::object{{"type", "button"},
                                              {"text", plain(what.open_run)},
                                              {"url", what.link}}}}});
  return blocks;
}

/// What notifications show.
std::string summary_of(const rendered& what) {
  auto text = what.message;
  if (const auto line = run_line(what); !line.empty())
    text += "\n" + line;
  return escape_slack(excerpt(text, text_characters));
}

http::client_request write(const config::relay_config& options,
                           const outgoing& what, const call_shape& shape) {
  const auto words = worded(what.message, shape);
  json::object body{{"channel", shape.chat_id},   {"text", summary_of(words)},
                    {"blocks", blocks_of(words)}, {"parse", "none"},
                    {"link_names", false},        {"unfurl_links", false},
                    {"unfurl_media", false}};
  // A thread is named by its first message.
  if (shape.replies)
    body["thread_ts"] =
        what.chat.thread_id.empty() ? what.chat.reply_to : what.chat.thread_id;
  auto result = json_post(options.base_url.empty() ? "https://slack.com"
                                                   : options.base_url,
                          "/api/chat.postMessage", body);
  result.headers.push_back(
      {"Authorization", "Bearer " + options.token.reveal()});
  return result;
}

} // namespace

call_verdict judge_slack(const http::client_response& answer) {
  auto verdict = by_status("slack", answer);
  const auto body = text::parse_object(answer.body);
  if (!body)
    return verdict;
  if (text::flag_at(*body, "ok")) {
    verdict.message_id = text::text_at(*body, "ts");
    if (verdict.message_id.empty())
      verdict.why = "slack gave no message id";
    else
      verdict.rule = call_rule::sent;
    return verdict;
  }
  const auto error = text::text_at(*body, "error");
  const auto* row =
      std::ranges::find(rows, error, &call_row<std::string_view>::code);
  if (row != rows.end()) {
    verdict.rule = row->rule;
    verdict.why = "slack answered " + std::string{row->code} + " ("
                  + std::string{row->meaning} + ")";
  } else if (!error.empty() && !is_transient(answer.status)) {
    verdict.rule = call_rule::permanent;
    verdict.why = "slack answered an error that has no rule";
  }
  return verdict;
}

std::shared_ptr<channel> make_slack_channel(const config::relay_config& options,
                                            http_sender send) {
  return make_one_call_channel(
      {[options](const outgoing& what, const call_shape& shape) {
         return write(options, what, shape);
       },
       judge_slack},
      std::move(send));
}

} // namespace telltale
