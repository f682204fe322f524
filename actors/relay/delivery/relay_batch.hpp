#pragma once

#include <deque>
#include <map>
#include <string>
#include <vector>

#include "actors/relay/channels/channel.hpp"
#include "actors/relay/text/digest.hpp"
#include "messages/deliveries.hpp"

namespace telltale {

/// What one message is to tell: a delivery, or a storm of them.
struct draft {
  std::string queue; ///< the chat whose order it keeps
  std::vector<notice> of;
  bool gathered = false;
};

/// A message that is ready to go.
struct ready_message {
  outgoing_message what;
  std::string text; ///< as it is recorded: what people read
  std::vector<delivery_id> deliveries;
  std::uint32_t tries = 0; ///< of its oldest delivery
  timestamp created_at{};  ///< of its oldest delivery
  std::size_t failures = 0;
};

/// Messages of one chat, in order, at most one under way.
struct chat_queue {
  std::deque<ready_message> waiting;
  bool sending = false;
  bool naming = true;  ///< its messages wait for their keys
  steady_time since{}; ///< when they were taken
};

/// What a batch of deliveries comes to.
struct sorted_batch {
  std::vector<draft> drafts;
  std::vector<delivery_result> settled; ///< those without a message for now
};

/// The order within a chat is kept by this key; targets without chats have no
/// order, each delivery is its own.
[[nodiscard]] std::string queue_of(const due_delivery& due);

/// Groups by chat, and gathers or holds what is part of a storm. What may have
/// been sent before goes again as it went. Nobody is told of an attempt that is
/// being retried, whoever queued it. `per_chat` is how many deliveries of a
/// chat were asked for.
[[nodiscard]] sorted_batch sort_batch(
    std::vector<notice> due, std::map<std::string, recent_failures>& told,
    const config::relay_config& options, std::size_t per_chat, steady_time now);

/// A draft in words. Where nothing `dedupes`, what may have been told before
/// says so.
[[nodiscard]] rendered render(const draft& what,
                              const config::relay_config& options,
                              std::size_t detail_characters, bool dedupes);

/// A draft as a message. Its key is the one of its first delivery; one that
/// tells several gets its key from the store.
[[nodiscard]] ready_message make_ready(const draft& what, rendered message);

/// A hook gets the envelope as it is.
[[nodiscard]] ready_message make_envelope(notice what);

/// Puts a delivery back without spending a try.
[[nodiscard]] delivery_result put_back(const delivery_id& id,
                                       std::chrono::milliseconds wait,
                                       std::string explanation);

} // namespace telltale
