#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "messages/call_ticket.hpp"
#include "messages/event.hpp"
#include "messages/event_payload.hpp"
#include "messages/store.hpp"
#include "messages/task.hpp"

// Requests about messages to chats and webhooks, and their answers.

namespace telltale {

/// Leases due deliveries of one relay, oldest first, at most `per_chat` of a
/// chat. None of a chat of which an earlier one is leased or waits for its next
/// try: the order within a chat is kept. None that a mute holds back.
struct take_deliveries {
  std::string relay;
  std::uint32_t limit = 16; ///< chats; of a target without chats: deliveries
  std::chrono::milliseconds lease{60'000};
  std::uint32_t per_chat = 1; ///< more than one: a storm can be gathered
  /// Failures of a chat beyond so many come with reason and cause alone, so
  /// that a storm fits into memory.
  std::uint32_t whole_per_chat = 0xffff'ffff;
  /// A digest of how the target is configured, where it may ask for no more;
  /// empty: it cannot.
  std::string target{};

  bool operator==(const take_deliveries&) const = default;
};

/// A delivery that is due, as the store has it.
struct leased_delivery : due_delivery {
  event_facts facts; ///< of its event; if it is not `whole`, what counts need

  bool operator==(const leased_delivery&) const = default;
};

/// The store's answer to `take_deliveries`.
struct deliveries_leased {
  std::vector<leased_delivery> due;
  bool more = false; ///< other chats have more that is due now
  std::optional<timestamp> next_try_at; ///< of the soonest one that is not due
  std::string disabled{}; ///< why the target wants no more; empty: it does

  bool operator==(const deliveries_leased&) const = default;
};

/// What a relay is told: a delivery to make, and what it says. For a chat, the
/// payload's texts are as chats may see them.
struct notice : due_delivery {
  payload_ptr payload; ///< never null
};

/// Deliveries that were committed with a lease of this process.
struct notices_due {
  std::vector<notice> due;
};

/// The same answer with payloads, as a relay gets it.
struct deliveries_taken {
  std::vector<notice> due;
  bool more = false;
  std::optional<timestamp> next_try_at;
  std::string disabled{};
};

/// What became of one try.
struct delivery_result {
  delivery_id id;
  delivery_state state = delivery_state::pending; ///< pending: try again
  std::chrono::milliseconds retry_in{};           ///< if pending
  /// Redacted, short; if sent, what is doubtful about it, else empty.
  std::string error;
  std::string message_id;
  std::string text;   ///< what people read, made of texts narrowed for them
  bool counts = true; ///< false: throttled or put back, no try was spent
  /// If pending: the other side may have it, so it goes again as it went.
  bool doubtful = false;
  /// If pending: not recorded once the lease has ended, since somebody else may
  /// have the delivery by then.
  std::chrono::steady_clock::time_point leased_until =
      std::chrono::steady_clock::time_point::max();

  bool operator==(const delivery_result&) const = default;
};

struct record_deliveries {
  std::string relay;
  std::vector<delivery_result> results;
  /// The target asked for no more: with this configuration, for this reason.
  std::string target{};
  std::string disabled{};

  bool operator==(const record_deliveries&) const = default;
};

struct deliveries_recorded {
  std::uint32_t recorded = 0;

  bool operator==(const deliveries_recorded&) const = default;
};

/// Keeps deliveries whose message is being sent, for as long as that may take:
/// they were written with a short lease.
struct renew_leases {
  std::string relay;
  std::vector<delivery_id> deliveries;
  std::chrono::milliseconds lease{60'000};

  bool operator==(const renew_leases&) const = default;
};

struct leases_renewed {
  bool operator==(const leases_renewed&) const = default;
};

/// Before messages are sent that tell several deliveries each: until they are
/// sent or dead, those are told together or not at all.
struct gather_deliveries {
  std::string relay;
  std::vector<std::vector<delivery_id>> messages;

  bool operator==(const gather_deliveries&) const = default;
};

/// The idempotency key of each message: a function of the deliveries it tells.
struct deliveries_gathered {
  std::vector<delivery_id> keys;

  bool operator==(const deliveries_gathered&) const = default;
};

/// The names of all relays that the configuration knows. What waits for others
/// would wait for ever: it is dead, with that reason.
struct configured_relays {
  std::vector<std::string> names;

  bool operator==(const configured_relays&) const = default;
};

/// How many deliveries of each relay that nobody configured are dead now.
struct unconfigured_ended {
  std::vector<std::pair<std::string, std::uint64_t>> relays;

  bool operator==(const unconfigured_ended&) const = default;
};

/// Fails with `delivery_not_found` or `not_redeliverable`. Enables a hook again
/// that asked for no more.
struct redeliver {
  delivery_id id;

  bool operator==(const redeliver&) const = default;
};

struct redelivery_queued {
  delivery_record delivery;

  bool operator==(const redelivery_queued&) const = default;
};

struct list_deliveries {
  std::optional<delivery_state> state;
  std::optional<std::string> relay;
  std::optional<task_id> task{};
  std::optional<page_cursor> after;
  std::uint32_t limit = 50;
  call_ticket ticket{};

  bool operator==(const list_deliveries&) const = default;
};

struct deliveries_listed {
  std::vector<delivery_record> deliveries;
  std::optional<page_cursor> next;

  bool operator==(const deliveries_listed&) const = default;
};

} // namespace telltale
