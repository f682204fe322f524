#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "actors/relay/delivery/pacing.hpp"
#include "actors/relay/text/render.hpp"
#include "config/config.hpp"
#include "http/client.hpp"
#include "messages/task.hpp"
#include "messages/ticks.hpp"

namespace telltale {

/// One message on its way, redacted and bounded.
struct outgoing_message {
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
  std::string explanation; ///< short; never a credential
  std::optional<std::chrono::milliseconds> after{}; ///< what is asked for
  bool throttled = false;                           ///< no try is spent
  bool transport = false;                           ///< no usable answer came
  bool may_be_sent = true; ///< false: it certainly did not arrive
  bool unreadable = false; ///< a success that says nothing, where no key counts

  bool operator==(const try_again&) const = default;
};

/// Never.
struct given_up {
  std::string explanation;
  bool binding_broken = false; ///< the bot can no longer reach this chat
  bool target_gone = false;    ///< the whole target asks for no more

  bool operator==(const given_up&) const = default;
};

/// No message can be sent: it is the relay's credential that is refused.
struct credential_refused {
  std::string explanation;

  bool operator==(const credential_refused&) const = default;
};

using send_outcome =
    std::variant<message_sent, try_again, given_up, credential_refused>;

/// A send is over.
struct send_finished {
  delivery_id key; ///< of the message
  send_outcome outcome;
};

/// What a channel wants done.
struct channel_work {
  struct request {
    std::uint64_t number = 0; ///< its answer comes back under this number
    http::client_request what;
  };
  std::vector<request> requests;
  std::vector<send_finished> finished;
  /// What a probe found: whether the credential is accepted. Nothing if it
  /// found no one.
  std::optional<send_outcome> probed;
};

/// Where a relay's messages go: a state machine that speaks one chat's API. It
/// sends nothing itself: it says which requests are to be sent and is told
/// their answers. One thread: that of its actor.
class channel {
public:
  virtual ~channel() = default;

  /// The same key again makes no second message.
  [[nodiscard]] virtual bool dedupes() const = 0;

  /// A message is to be sent. It ends in one `send_finished` of the work that
  /// this or a later call gives.
  [[nodiscard]] virtual channel_work send(outgoing_message what,
                                          steady_time now) = 0;

  /// What came of a request.
  [[nodiscard]] virtual channel_work answered(std::uint64_t request,
                                              const http_outcome& outcome,
                                              steady_time now) = 0;

  /// Asks whether the credential is accepted. No request: only a message can
  /// tell.
  [[nodiscard]] virtual channel_work probe(steady_time now) = 0;

  /// Has the bot shown as online, where the chat knows such a thing. Called
  /// every 20 s.
  [[nodiscard]] virtual channel_work beat() = 0;
};

/// The channel of a configured relay. Throws `std::invalid_argument` if its
/// options do not make one.
[[nodiscard]] std::shared_ptr<channel>
make_channel(const std::string& name, const config::relay_config& options);

/// What the relay's options say, else its type's own (config/relay_limits.def).
[[nodiscard]] send_limits limits_of(const config::relay_config& options);

/// How a relay's client is to be set up: timeouts, authorities, and for a
/// webhook whether private addresses are refused.
[[nodiscard]] http::client_options
client_options(const config::relay_config& options);

/// Sends requests: the port of this folder to the network.
class request_sender {
public:
  virtual ~request_sender() = default;

  /// The outcome goes to `asker` as `request_answered`, once. Never blocks.
  virtual void send(std::uint64_t number, http::client_request what,
                    const request_asker_handle& asker) = 0;
};

/// Over a client. It ends on the thread that lets go of the sender last, so let
/// it be one that `http::client_closer` made if that thread must not wait.
[[nodiscard]] std::shared_ptr<request_sender>
make_request_sender(std::shared_ptr<http::client> client);

} // namespace telltale
