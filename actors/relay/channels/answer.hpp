#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <boost/json/object.hpp>

#include "http/client.hpp"
#include "messages/time.hpp"

namespace telltale {

/// What to do after an answer.
enum class answer_rule : std::uint8_t {
  sent,
  throttled,          ///< wait, no try is spent
  transient,          ///< try again later
  renew_token,        ///< drop the token, fetch one, send again, once
  leave_thread,       ///< what was replied to is gone: send to the chat, once
  leave_detail,       ///< refused content: send the reason's copy alone, once
  leave_card,         ///< the card is refused: send plain text, once
  move_chat,          ///< the chat has another id now: send there, once
  credential_refused, ///< nothing can be sent until it is mended
  binding_broken,     ///< the bot can no longer reach the chat
  target_gone,        ///< the whole target asks for no more
  permanent,          ///< this message is refused for good
};

/// What is done by a rule, in a few words for people.
[[nodiscard]] std::string_view describe(answer_rule rule) noexcept;

/// An answer, read.
struct answer_meaning {
  answer_rule rule = answer_rule::permanent;
  /// Short: a code, what it means, what to do. Never a credential, never what a
  /// server wrote, but for a short word of its own.
  std::string explanation{};
  std::string message_id{};
  std::string moved_to{}; ///< of `move_chat`
  std::optional<std::chrono::milliseconds> after{};
  bool transport = false;  ///< not the chat's own words
  bool unreadable = false; ///< a success that says nothing: it may be sent
};

/// What the chat itself did not say: a proxy's page, a redirect, an empty body.
/// Only 429 and `Retry-After` are obeyed; all else is trouble on the way.
[[nodiscard]] answer_meaning not_of_chat(std::string_view who,
                                         const http::client_response& answer,
                                         timestamp now = now_utc());

/// The chat's own words with a status alone: 429 and `Retry-After` are obeyed,
/// 408 and 5xx pass, all else is final.
[[nodiscard]] answer_meaning by_status(std::string_view who,
                                       const http::client_response& answer,
                                       timestamp now = now_utc());

/// The body's object; nothing if it is none. A byte order mark is skipped.
[[nodiscard]] std::optional<boost::json::object>
body_object(const http::client_response& answer);

/// `Retry-After` in seconds or as a date, bounded to an hour.
[[nodiscard]] std::optional<std::chrono::milliseconds>
retry_after(const http::client_response& answer, timestamp now);

/// A chat's word for an error, if it is fit to be repeated: at most 40 small
/// letters and underscores.
[[nodiscard]] std::string_view safe_word(std::string_view word) noexcept;

/// Transient: 408, 429, 5xx.
[[nodiscard]] constexpr bool is_transient(unsigned status) noexcept {
  return status == 408 || status == 429 || status >= 500;
}

[[nodiscard]] constexpr bool is_success(unsigned status) noexcept {
  return status >= 200 && status < 300;
}

} // namespace telltale
