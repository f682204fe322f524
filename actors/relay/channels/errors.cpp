#include "actors/relay/channels/errors.hpp"

#include <algorithm>
#include <array>

namespace telltale {

namespace {

// Where each chat documents its errors.
constexpr std::string_view slack_post =
    "https://docs.slack.dev/reference/methods/chat.postMessage";
constexpr std::string_view slack_limits =
    "https://docs.slack.dev/apis/web-api/rate-limits";
constexpr std::string_view telegram_api =
    "https://core.telegram.org/bots/api#making-requests";
constexpr std::string_view telegram_auth =
    "https://core.telegram.org/bots/api#authorizing-your-bot";
constexpr std::string_view telegram_parameters =
    "https://core.telegram.org/bots/api#responseparameters";
constexpr std::string_view lark_codes =
    "https://open.feishu.cn/document/server-docs/api-call-guide/"
    "generic-error-code";
constexpr std::string_view lark_token =
    "https://open.feishu.cn/document/server-docs/authentication-management/"
    "access-token/tenant_access_token_internal";
constexpr std::string_view lark_send =
    "https://open.feishu.cn/document/server-docs/im-v1/message/create";
constexpr std::string_view lark_reply =
    "https://open.feishu.cn/document/server-docs/im-v1/message/reply";
constexpr std::string_view dingtalk_robot =
    "https://open.dingtalk.com/document/orgapp/custom-robot-access";
constexpr std::string_view dingtalk_security =
    "https://open.dingtalk.com/document/robots/"
    "customize-robot-security-settings";
constexpr std::string_view dingtalk_codes =
    "https://open.dingtalk.com/document/orgapp/"
    "server-api-error-codes-1";
constexpr std::string_view wecom_robot =
    "https://developer.work.weixin.qq.com/document/path/91770";
constexpr std::string_view wecom_codes =
    "https://developer.work.weixin.qq.com/document/path/90313";
constexpr std::string_view lark_bot =
    "https://open.feishu.cn/document/client-docs/bot-v3/add-custom-bot";
constexpr std::string_view slack_hook =
    "https://docs.slack.dev/messaging/"
    "sending-messages-using-incoming-webhooks";
constexpr std::string_view discord_codes =
    "https://discord.com/developers/docs/topics/opcodes-and-status-codes";
constexpr std::string_view discord_limits =
    "https://discord.com/developers/docs/topics/rate-limits";
constexpr std::string_view octo_api = "docs/relays.md#octo";
constexpr std::string_view webhook_spec =
    "https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/"
    "standard-webhooks.md";

#define TELLTALE_CHAT_ERROR(code, rule, meaning, advice, source)               \
  error_row{code, answer_rule::rule, meaning, advice, source},
constexpr error_row slack_rows[] = {
#include "actors/relay/channels/errors/slack.def"
};
constexpr error_row telegram_rows[] = {
#include "actors/relay/channels/errors/telegram.def"
};
constexpr error_row lark_rows[] = {
#include "actors/relay/channels/errors/lark.def"
};
constexpr error_row dingtalk_rows[] = {
#include "actors/relay/channels/errors/dingtalk.def"
};
constexpr error_row wecom_rows[] = {
#include "actors/relay/channels/errors/wecom.def"
};
constexpr error_row octo_rows[] = {
#include "actors/relay/channels/errors/octo.def"
};
constexpr error_row webhook_rows[] = {
#include "actors/relay/channels/errors/webhook.def"
};
constexpr error_row lark_bot_rows[] = {
#include "actors/relay/channels/errors/lark_bot.def"
};
constexpr error_row slack_webhook_rows[] = {
#include "actors/relay/channels/errors/slack_webhook.def"
};
constexpr error_row discord_rows[] = {
#include "actors/relay/channels/errors/discord.def"
};
#undef TELLTALE_CHAT_ERROR

constexpr std::array tables{
    error_table{"octo", octo_rows},
    error_table{"lark", lark_rows},
    error_table{"slack", slack_rows},
    error_table{"dingtalk", dingtalk_rows},
    error_table{"wecom", wecom_rows},
    error_table{"telegram", telegram_rows},
    error_table{"lark-bot", lark_bot_rows},
    error_table{"slack-webhook", slack_webhook_rows},
    error_table{"discord", discord_rows},
    error_table{"webhook", webhook_rows},
};

std::string shown_with(std::string_view meaning, std::string_view advice) {
  std::string text{meaning};
  if (!advice.empty())
    text += "; " + std::string{advice};
  return text;
}

} // namespace

std::span<const error_table> error_tables() noexcept {
  return tables;
}

std::span<const error_row> errors_of(std::string_view type) noexcept {
  const auto* found = std::ranges::find(tables, type, &error_table::type);
  return found == tables.end() ? std::span<const error_row>{} : found->rows;
}

const error_row* find_error(std::string_view type,
                            std::string_view code) noexcept {
  const auto rows = errors_of(type);
  const auto found = std::ranges::find(rows, code, &error_row::code);
  return found == rows.end() ? nullptr : &*found;
}

answer_meaning by_row(std::string_view type, const error_row& row,
                      std::string_view shown,
                      const http::client_response& answer) {
  auto meaning = by_status(type, answer);
  meaning.rule = row.rule;
  meaning.transport = false;
  meaning.explanation = std::string{type} + " answered " + std::string{shown}
                        + ": " + shown_with(row.meaning, row.advice);
  return meaning;
}

answer_meaning by_code(std::string_view type, std::string_view code,
                       const http::client_response& answer,
                       std::string_view word) {
  if (const auto* row = find_error(type, code))
    return by_row(type, *row, code, answer);
  auto meaning = by_status(type, answer);
  const auto named = safe_word(word);
  if (meaning.rule == answer_rule::permanent)
    meaning.explanation = std::string{type} + " answered "
                          + (named.empty() ? "" : std::string{named} + ", ")
                          + "an error that is not in its table"
                          + (code.empty() ? "" : " (" + std::string{code} + ")")
                          + "; look it up there, then redeliver";
  return meaning;
}

std::string errors_as_markdown(const error_table& table) {
  // The page that the table stands on.
  constexpr std::string_view own_page = "docs/relays.md";
  std::string out = "| answer | meaning | what is done | what you do |\n"
                    "| --- | --- | --- | --- |\n";
  for (const auto& row : table.rows) {
    auto source = row.source;
    if (source.starts_with(own_page))
      source.remove_prefix(own_page.size());
    out += "| `" + std::string{row.code} + "` | [" + std::string{row.meaning}
           + "](" + std::string{source} + ") | "
           + std::string{describe(row.rule)} + " | " + std::string{row.advice}
           + " |\n";
  }
  return out;
}

} // namespace telltale
