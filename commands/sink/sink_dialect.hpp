#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <boost/json/object.hpp>

#include "commands/sink/sink_limits.hpp"
#include "commands/sink/sink_sign.hpp"
#include "http/types.hpp"

namespace telltale::commands {

// How each chat's requests are read and its answers are worded, as the chats'
// own documents have it (docs/relays.md names them).

/// A message as a reader sees it.
struct sink_card {
  std::string title;
  std::string colour; ///< red, green or none
  std::string body;
  std::string link;      ///< of the button or at the end
  std::string link_text; ///< on the button
  std::string code;      ///< shown as code: nothing in it is mark-up
  /// What the chat makes of plain text by itself: mentions, commands, addresses
  /// (Telegram).
  std::vector<std::string> found{};
};

/// A message that came.
struct sink_arrival {
  std::string relay; ///< octo, lark, webhook, slack, dingtalk, wecom, telegram
  std::string chat{};
  std::string text{}; ///< all of it, a part per line
  std::string key{};  ///< empty: this chat dedupes nothing
  std::string reply_to{};
  sink_card card{};
};

/// A fault that was asked for: the next so many requests of its kind meet it.
struct sink_fault {
  std::int64_t next = 0;
  unsigned status = 0;   ///< 0: as the chat words such an error
  std::int64_t code = 0; ///< Lark, DingTalk, WeCom
  std::string error;     ///< Slack's error, Telegram's description
  std::string header;    ///< `name: value` that the answer carries
  std::string chat;      ///< only for this chat; empty: any
  std::string relay;     ///< only for this kind of chat; empty: any
  std::string body;      ///< in place of the worded answer
  bool stored = false;   ///< the message arrives, its answer is lost
  bool hang = false;     ///< no answer at all
  bool cut = false;      ///< the connection is cut in the answer
  bool half = false;     ///< the answer stops in its middle, the line stays
  bool of_token = false; ///< meant for Lark's token endpoint
  /// The relay's credential is refused: to messages, tokens and probes alike.
  bool of_credential = false;
  bool gzip = false; ///< the message arrives, its answer comes compressed
  boost::json::object parameters; ///< Telegram's
};

/// What a request was: a message, or the answer to what is none.
using sink_reading = std::variant<sink_arrival, http::response>;

/// Which chat a path belongs to; empty: none.
[[nodiscard]] std::string_view chat_of_path(std::string_view path) noexcept;

/// Reads a request of the chats that need no memory for it: all but Lark.
[[nodiscard]] sink_reading read_message(std::string_view relay,
                                        const http::request& what);

/// A Lark message's content as a card.
[[nodiscard]] sink_card read_lark_card(std::string_view type,
                                       std::string_view content);

/// All of a card, a part per line.
[[nodiscard]] std::string text_of_card(const sink_card& card);

[[nodiscard]] http::response accept_message(std::string_view relay,
                                            std::string_view message_id,
                                            std::uint64_t number,
                                            const sink_arrival& what);

/// How a chat says that it will not take a message.
[[nodiscard]] http::response refuse_message(std::string_view relay,
                                            const sink_fault& fault);

/// How a chat says that a relay's credential is not accepted.
[[nodiscard]] http::response refuse_credential(std::string_view relay);

/// How DingTalk says that it will not take a signature.
[[nodiscard]] http::response refuse_robot(robot_signature why);

/// How a chat says that messages come too fast, and when to come again.
[[nodiscard]] http::response throttle_message(std::string_view relay,
                                              const sink_limiter::refusal& why);

/// The id that a chat gives its message; empty where chats give none.
[[nodiscard]] std::string id_of_message(std::string_view relay,
                                        std::uint64_t number);

} // namespace telltale::commands
