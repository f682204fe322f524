#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include <boost/json/object.hpp>

#include "actors/relay/channels/channel.hpp"

namespace telltale {

// What the chats have in common that take a message in one request (Slack,
// DingTalk, WeCom, Telegram): a file for each says how a message is written
// and what an answer means; the rest is here.

/// What to do after an answer.
enum class call_rule : std::uint8_t {
  sent,
  throttled,      ///< wait, no try is spent
  transient,      ///< try again later
  leave_thread,   ///< what was replied to is gone: send to the chat, once
  leave_detail,   ///< refused content: send the reason's copy alone, once
  move_chat,      ///< the chat has another id now: send there, once
  binding_broken, ///< the bot can no longer reach the chat
  permanent,
};

/// An answer, read.
struct call_verdict {
  call_rule rule = call_rule::permanent;
  std::string why; ///< short, without anything that the server wrote
  std::string message_id;
  std::string moved_to; ///< of `move_chat`
  std::optional<std::chrono::milliseconds> after;
};

/// A row of a chat's table of errors.
template <class Code> struct call_row {
  Code code;
  call_rule rule;
  std::string_view meaning;
};

/// How a message is to be written this time.
struct call_shape {
  std::string chat_id;
  bool replies = false;   ///< into its thread, if it has one
  bool copy_only = false; ///< without anything that a runner wrote
};

/// One chat's way of writing and reading.
struct chat_dialect {
  std::function<http::client_request(const outgoing&, const call_shape&)> write;
  std::function<call_verdict(const http::client_response&)> judge;
};

/// A channel over a dialect. A verdict that sends again does so once each.
[[nodiscard]] std::shared_ptr<channel> make_one_call_channel(chat_dialect how,
                                                             http_sender send);

/// The message without what a runner wrote, if the shape says so.
[[nodiscard]] rendered worded(const rendered& what, const call_shape& shape);

/// The longest excerpt of a text of which `measure` gives at most `limit`.
[[nodiscard]] std::string
fitted(std::string_view text, std::size_t limit,
       const std::function<std::size_t(std::string_view)>& measure);

/// A POST of JSON. Slashes at the end of `base` are of no matter.
[[nodiscard]] http::client_request json_post(std::string_view base,
                                             std::string_view path,
                                             const boost::json::object& body);

/// What the status alone says; `who` answered.
[[nodiscard]] call_verdict by_status(std::string_view who,
                                     const http::client_response& answer);

/// What `errcode` in the body says by the chat's own rows, where it has one; a
/// code without a row is final unless the status says otherwise.
[[nodiscard]] call_verdict
by_errcode(std::string_view who, std::span<const call_row<std::int64_t>> rows,
           const http::client_response& answer);

} // namespace telltale
