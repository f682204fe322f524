#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "actors/relay/delivery/pacing.hpp"
#include "actors/relay/text/render.hpp"
#include "config/config.hpp"
#include "http/client.hpp"
#include "messages/task.hpp"

namespace telltale {

/// One message on its way, redacted and bounded.
struct outgoing {
  delivery_id key;      ///< the idempotency key that the other side sees
  chat_binding chat;    ///< empty for targets without chats
  rendered message;     ///< empty for targets that take the envelope
  std::string envelope; ///< JSON, for those
};

/// The other side has it.
struct message_sent {
  std::string message_id; ///< as text: it may exceed 2^53; may be empty

  bool operator==(const message_sent&) const = default;
};

/// Not now.
struct try_again {
  std::string why; ///< short; never a credential, never what a server wrote
  std::optional<std::chrono::milliseconds> after; ///< what the other side asks
  bool throttled = false;                         ///< no try is spent
  bool transport = false;                         ///< no usable answer came

  bool operator==(const try_again&) const = default;
};

/// Never.
struct given_up {
  std::string why;
  bool binding_broken = false; ///< the bot can no longer reach this chat
  bool target_gone = false;    ///< the whole target asks for no more

  bool operator==(const given_up&) const = default;
};

using send_result = std::variant<message_sent, try_again, given_up>;

/// Where a relay's messages go: the port of this room. One file per chat: how a
/// message is written there, and what its answers mean.
class channel {
public:
  virtual ~channel() = default;

  /// Sends one message and calls `then` once, on any thread, perhaps before it
  /// returns. The same key again does not make a second message where the other
  /// side dedupes. Any thread; never blocks; never throws.
  virtual void send(outgoing what, std::function<void(send_result)> then) = 0;

  /// Has the bot shown as online, where the chat knows such a thing. Called
  /// every 20 s.
  virtual void beat() {}
};

/// Sends a request and calls back once, on any thread.
using http_sender = std::function<void(
    http::client_request, std::function<void(http::client_result)>)>;

/// The moment by which tokens are aged.
using steady_now = std::function<std::chrono::steady_clock::time_point()>;

/// How a relay's client is to be set up: timeouts, authorities, and for a
/// webhook whether private addresses are refused.
[[nodiscard]] http::client_options
client_options(const config::relay_config& options);

/// What the relay's options say, else its type's own (config/relay_limits.def).
[[nodiscard]] send_limits limits_of(const config::relay_config& options);

/// The channel of a configured relay. Throws `std::invalid_argument`, naming
/// the relay, if its options do not make one. The client lives as long as the
/// channel that this returns: then what is under way ends as cancelled. It ends
/// on the thread that lets go of the channel last, so let it be one that
/// `http::client_closer` made if that thread must not wait.
[[nodiscard]] std::shared_ptr<channel>
make_channel(const std::string& name, const config::relay_config& options,
             std::shared_ptr<http::client> client);

// The adapters, over anything that sends requests.
[[nodiscard]] std::shared_ptr<channel>
make_octo_channel(const config::relay_config& options, http_sender send);
[[nodiscard]] std::shared_ptr<channel>
make_lark_channel(const config::relay_config& options, http_sender send,
                  steady_now now = std::chrono::steady_clock::now);
[[nodiscard]] std::shared_ptr<channel>
make_webhook_channel(const config::relay_config& options, http_sender send);

/// `Retry-After` in seconds or as a date, bounded to an hour.
[[nodiscard]] std::optional<std::chrono::milliseconds>
retry_after(const http::client_response& answer, timestamp now);

/// What a request without an answer means.
[[nodiscard]] try_again lost(const http::client_error& error);

/// Transient: 408, 429, 5xx.
[[nodiscard]] constexpr bool is_transient(unsigned status) noexcept {
  return status == 408 || status == 429 || status >= 500;
}

/// What a transient status means, `Retry-After` obeyed.
[[nodiscard]] try_again transient(std::string_view who,
                                  const http::client_response& answer);

} // namespace telltale
