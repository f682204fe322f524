#pragma once

#include <string>
#include <string_view>

namespace telltale {

// A detail comes from anywhere. These make it harmless for the place where it
// is shown: no mention, no disguised link, no image, no heading, no HTML. What
// is left reads as it was written; ordinary text stays byte for byte.

/// For chats that render Markdown (Octo).
[[nodiscard]] std::string escape_markdown(std::string_view text);

/// For the Markdown of a Lark card, where special characters are written as
/// HTML entities.
[[nodiscard]] std::string escape_lark_markdown(std::string_view text);

/// For Lark's plain text messages, where `<at …>` mentions people.
[[nodiscard]] std::string escape_lark_text(std::string_view text);

/// For Slack's `mrkdwn`, where only `&`, `<` and `>` begin something.
[[nodiscard]] std::string escape_slack(std::string_view text);

/// For WeCom's Markdown, which knows no escapes: an invisible joiner stands
/// where a mention, a tag, a link, a heading or a fence of code would begin.
[[nodiscard]] std::string escape_wecom_markdown(std::string_view text);

/// For Telegram's HTML; mentions, which Telegram finds in any text, are none.
[[nodiscard]] std::string escape_telegram(std::string_view text);

/// A block of code of Markdown with the text as it is: its fence is longer than
/// any that the text has, so nothing in it ends the block or is mark-up.
[[nodiscard]] std::string fenced(std::string_view text);

/// For Discord's Markdown, where a backslash takes any mark its meaning.
[[nodiscard]] std::string escape_discord(std::string_view text);

/// `&`, `<`, `>` and `"` as entities.
[[nodiscard]] std::string escape_html(std::string_view text);

/// With an invisible joiner behind each `@` that could begin a mention.
[[nodiscard]] std::string unmentioned(std::string_view text);

/// An absolute http or https address without blanks, quotes or brackets, so
/// that it can stand in a message as it is.
[[nodiscard]] bool is_plain_link(std::string_view url) noexcept;

/// Whether the host of a link has a dot, or is an address of IPv6: chats show
/// others as text.
[[nodiscard]] bool has_public_host(std::string_view url) noexcept;

} // namespace telltale
