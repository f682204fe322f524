#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <boost/json/object.hpp>

#include "actors/relay/channels/answer.hpp"
#include "actors/relay/channels/channel.hpp"
#include "messages/time.hpp"

namespace telltale {

/// How a message is to be written this time.
struct message_form {
  std::string chat_id;
  std::string token;      ///< where the chat wants one fetched
  bool replies = false;   ///< into its thread, if it has one
  bool copy_only = false; ///< without anything that a runner wrote
  bool plain = false;     ///< without a card
};

/// A token that was asked for, or why there is none.
struct fetched_token {
  std::string value; ///< empty: none was given
  std::chrono::seconds expires_in{};
  answer_meaning refused;
};

/// One chat's way of writing and reading: pure functions over its options. A
/// file for each chat.
class dialect {
public:
  virtual ~dialect() = default;

  [[nodiscard]] virtual http::client_request
  write(const outgoing_message& what, const message_form& form) const = 0;

  /// Whatever the answer holds, it has a meaning.
  [[nodiscard]] virtual answer_meaning
  judge(const http::client_response& answer) const = 0;

  /// The same key again makes no second message.
  [[nodiscard]] virtual bool dedupes() const { return false; }

  /// Whether the binding names something to reply to.
  [[nodiscard]] virtual bool may_reply(const chat_binding& chat) const {
    return !chat.reply_to.empty() || !chat.thread_id.empty();
  }

  /// Where each message needs a token: how one is asked for.
  [[nodiscard]] virtual std::optional<http::client_request> ask_token() const {
    return std::nullopt;
  }
  [[nodiscard]] virtual fetched_token
  read_token(const http::client_response& answer) const;

  /// A request that shows whether the credential is accepted, and sends
  /// nothing to anybody. Its answer is judged by `judge_probe`.
  [[nodiscard]] virtual std::optional<http::client_request> ask_probe() const {
    return std::nullopt;
  }
  [[nodiscard]] virtual answer_meaning
  judge_probe(const http::client_response& answer) const;

  /// Shows the bot as online.
  [[nodiscard]] virtual std::optional<http::client_request> beat() const {
    return std::nullopt;
  }
};

/// A channel that speaks a dialect. What a meaning has sent again is sent again
/// once each.
[[nodiscard]] std::shared_ptr<channel>
make_dialect_channel(std::unique_ptr<const dialect> how);

/// The moment of a signature.
using wall_clock = std::function<timestamp()>;

[[nodiscard]] std::unique_ptr<const dialect>
make_octo_dialect(const config::relay_config& options);
[[nodiscard]] std::unique_ptr<const dialect>
make_lark_dialect(const config::relay_config& options);
[[nodiscard]] std::unique_ptr<const dialect>
make_slack_dialect(const config::relay_config& options);
[[nodiscard]] std::unique_ptr<const dialect>
make_dingtalk_dialect(const config::relay_config& options,
                      wall_clock clock = now_utc);
[[nodiscard]] std::unique_ptr<const dialect>
make_wecom_dialect(const config::relay_config& options);
[[nodiscard]] std::unique_ptr<const dialect>
make_telegram_dialect(const config::relay_config& options);
[[nodiscard]] std::unique_ptr<const dialect>
make_lark_bot_dialect(const config::relay_config& options,
                      wall_clock clock = now_utc);
[[nodiscard]] std::unique_ptr<const dialect>
make_slack_webhook_dialect(const config::relay_config& options);
[[nodiscard]] std::unique_ptr<const dialect>
make_discord_dialect(const config::relay_config& options);
[[nodiscard]] std::unique_ptr<const dialect>
make_webhook_dialect(const config::relay_config& options,
                     wall_clock clock = now_utc);

// What several of them need.

/// The message without what a runner wrote, if the form says so.
[[nodiscard]] rendered in_form(const rendered& what, const message_form& form);

/// A POST of JSON. Slashes at the end of `base` are of no matter.
[[nodiscard]] http::client_request json_post(std::string_view base,
                                             std::string_view path,
                                             const boost::json::object& body);

/// `base_url` if it is set.
[[nodiscard]] std::string_view base_or(const config::relay_config& options,
                                       std::string_view public_address);

} // namespace telltale
