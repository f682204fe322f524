#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "http/client.hpp"

namespace telltale {

/// What to do after an answer of Lark (docs/relays.md has the table).
enum class lark_rule : std::uint8_t {
  sent,
  renew_token,    ///< drop the token, fetch one, send again, once
  throttled,      ///< wait, no try is spent
  transient,      ///< try again later
  leave_thread,   ///< what was replied to is gone: send to the chat, once
  leave_detail,   ///< refused content: send the reason's copy alone, once
  binding_broken, ///< the bot can no longer reach the chat
  permanent,
};

/// An answer, read.
struct lark_verdict {
  lark_rule rule = lark_rule::permanent;
  std::int64_t code = 0; ///< of the body; 0 if there was none
  std::string message_id;
  std::optional<std::chrono::milliseconds> after; ///< until the limit's reset
  std::string why; ///< short, without anything that the server wrote

  bool operator==(const lark_verdict&) const = default;
};

/// Reads the answer to a message. Errors arrive with HTTP 400 and a code in the
/// body, so the body is read whatever the status is. Whatever the body holds,
/// it answers.
[[nodiscard]] lark_verdict judge_lark(const http::client_response& answer);

/// The answer to a request for a token.
struct lark_token {
  std::string value; ///< empty: none was given
  std::chrono::seconds expires_in{};
  lark_verdict refused; ///< why there is none
};

[[nodiscard]] lark_token read_lark_token(const http::client_response& answer);

} // namespace telltale
