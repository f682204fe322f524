#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "actors/relay/channels/channel.hpp"
#include "messages/deliveries.hpp"

namespace telltale {

/// When a delivery that fails is tried again. Each wait is a function of the
/// delivery and of how often it was tried: those that failed together do not
/// come back together, and how long one has been tried is known without being
/// written down.
class retry_schedule {
public:
  /// Of a relay of this type: chats within 20 minutes, hooks over three days.
  explicit retry_schedule(const config::relay_config& options) noexcept;

  /// How long to wait after the nth try (from 1), at least 50 ms.
  [[nodiscard]] std::chrono::milliseconds
  wait_after(const delivery_id& id, std::uint32_t tries) const noexcept;

  /// Whether the nth try was the last: they are used up, and if nobody said
  /// that there be fewer than ten, 20 minutes are over since the first.
  [[nodiscard]] bool is_over(const delivery_id& id,
                             std::uint32_t tries) const noexcept;

private:
  bool hook_ = false;
  std::uint32_t most_tries_ = 10;
};

/// No message is dead before that since its first try, unless fewer tries are
/// configured than by default.
inline constexpr std::chrono::minutes least_patience{20};

/// A success that cannot be read, where no key keeps a message from being told
/// twice: it is sent once more, after this.
inline constexpr std::chrono::minutes doubtful_wait{12};

/// When to ask the store again that says that something is due in a while.
/// `withheld`: how often in a row it said that something was due and gave
/// nothing, since its clock is behind or somebody else has the row; each time
/// doubles the wait.
[[nodiscard]] std::chrono::milliseconds
wait_for_due(std::chrono::milliseconds in, std::uint32_t withheld) noexcept;

/// What is not under way by then is taken anew, before its lease runs out.
inline constexpr std::chrono::milliseconds longest_held{30'000};

/// How long a relay may have a delivery: longer than it can be held and under
/// way. A message may take several requests (a token, the message, the message
/// in other words).
[[nodiscard]] std::chrono::milliseconds
delivery_lease(const config::relay_config& options) noexcept;

/// A digest of where a target is, for one that may ask for no more; empty for
/// chats. With another address or credential it is another target. Never the
/// address itself: it may hold a secret.
[[nodiscard]] std::string target_digest(const config::relay_config& options);

/// What is known of a message when its send is over.
struct tried_message {
  delivery_id id;          ///< of its oldest delivery
  std::uint32_t tries = 0; ///< before this one
  std::string text;        ///< what people will have read
  bool probe = false;      ///< of a target that gives no answers
};

/// What becomes of a message's deliveries, and what it says of the target.
struct settled_send {
  delivery_result result;
  bool transport_failed = false;   ///< the other side gave no usable answer
  bool throttled = false;          ///< it asks for messages later
  bool binding_broken = false;     ///< the chat cannot be reached any more
  bool target_gone = false;        ///< the whole target asks for no more
  bool credential_refused = false; ///< nothing can be sent until it is mended
};

/// A throttled try, one that was told when to come back, one whose credential
/// was refused, and a probe without an answer spend none; the last try that
/// fails makes it dead.
[[nodiscard]] settled_send settle(const tried_message& what,
                                  const retry_schedule& schedule,
                                  const send_outcome& outcome);

} // namespace telltale
