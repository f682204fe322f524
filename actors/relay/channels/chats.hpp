#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "actors/relay/channels/one_call.hpp"
#include "messages/time.hpp"

namespace telltale {

// The chats that take a message in one request, a file each. None of them knows
// an idempotency key, so a lost answer can cost a repeat there. Their answers
// are read whatever the status is and whatever the body holds.

[[nodiscard]] std::shared_ptr<channel>
make_slack_channel(const config::relay_config& options, http_sender send);
[[nodiscard]] call_verdict judge_slack(const http::client_response& answer);

/// `clock` is that of the signature.
[[nodiscard]] std::shared_ptr<channel>
make_dingtalk_channel(const config::relay_config& options, http_sender send,
                      std::function<timestamp()> clock = now_utc);
[[nodiscard]] call_verdict judge_dingtalk(const http::client_response& answer);

[[nodiscard]] std::shared_ptr<channel>
make_wecom_channel(const config::relay_config& options, http_sender send);
[[nodiscard]] call_verdict judge_wecom(const http::client_response& answer);

[[nodiscard]] std::shared_ptr<channel>
make_telegram_channel(const config::relay_config& options, http_sender send);
[[nodiscard]] call_verdict judge_telegram(const http::client_response& answer);

} // namespace telltale
