#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "messages/event.hpp"
#include "messages/routes.hpp"
#include "messages/task.hpp"
#include "messages/told.hpp"

namespace telltale {

/// How long this process has a delivery that it sends at once: longer than it
/// takes on its way to the relay, which renews the lease as it sends, and short
/// enough that a crash in between delays it by little.
inline constexpr std::chrono::milliseconds first_lease{5'000};

/// A configured relay, as those see it who write deliveries for it.
struct relay_target {
  std::string relay;
  bool has_chats = true;
  /// Of a target without chats: what it wants to be told of; empty: failures
  /// and recoveries.
  std::vector<event_type> events{};
  std::chrono::milliseconds lease = first_lease; ///< none: it is not ours

  bool operator==(const relay_target&) const = default;
};

/// Whom an event is told.
struct event_target {
  chat_binding chat;     ///< `relay` alone for targets without chats
  bool corrects = false; ///< it may have been told otherwise before
  bool routed = false;   ///< a route names it, chat or not: people hear of it

  bool operator==(const event_target&) const = default;
};

/// A delivery to people of something that an event may correct.
struct earlier_delivery {
  delivery_id id;
  chat_binding chat;
  delivery_state state = delivery_state::pending;
  /// Somebody tries it just now, or tried it and does not know.
  bool is_tried = false;

  bool operator==(const earlier_delivery&) const = default;
};

/// Is it to be told to people? They hear of a failure once it is final, and of
/// what corrects it.
[[nodiscard]] bool is_for_people(const event_facts& event);

/// Does it correct what was told of its task before?
[[nodiscard]] bool is_follow_up(const event_facts& event);

/// What becomes of the deliveries to chats of what a follow-up corrects.
struct follow_up {
  std::vector<event_target> chats;     ///< to be told, once each
  std::vector<delivery_id> superseded; ///< never tried, and not true any more
  /// Without chats: told by a route, and told again because they want the type.
  std::vector<std::string> routed_relays;
  bool untold = true; ///< no chat was there to be told, be it in vain

  bool operator==(const follow_up&) const = default;
};

/// Each chat that was to be told hears of the correction: instead of what it
/// was not told yet, or after what it may have been told. One that could not be
/// told is left alone.
[[nodiscard]] follow_up
choose_follow_up(const std::vector<earlier_delivery>& earlier);

/// The same as callers are told it.
[[nodiscard]] std::vector<tell_target>
tells_of(const std::vector<chosen_chat>& chats);

/// What routes see of a task's event; `labels` are the task's, as JSON text.
[[nodiscard]] routed_task routed_task_of(const event_facts& event,
                                         std::string labels);

/// The same of a task that has not failed yet.
[[nodiscard]] routed_task routed_task_of(const task_record& task);

/// Whom to tell of an event, beside the stream, which is told of all: the chats
/// that were chosen (`choose_chats`), and the targets without chats that want
/// its type. People hear of a failure once it is final, never of an attempt
/// that is being retried. A follow-up goes to the chats that were told before,
/// which only the store knows (`choose_follow_up`); here it has none.
[[nodiscard]] std::vector<event_target>
choose_targets(const event_facts& event, const std::vector<chosen_chat>& chats,
               const std::vector<relay_target>& relays);

} // namespace telltale
