#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "actors/persistence/lifecycle/targets.hpp"
#include "actors/persistence/postgres/pg_connection.hpp"
#include "messages/event.hpp"

namespace telltale {

[[nodiscard]] statement_list delivery_write_statements();

/// An event that this transaction has written, and whom it is to be told.
struct event_to_tell {
  const event_facts* event = nullptr;
  std::int64_t position = 0;
  std::span<const event_target> targets;
  std::span<const delivery_id> superseded{};
};

/// What came of it.
struct told_event {
  std::vector<due_delivery> leased; ///< to be made by this process, now
  std::vector<std::string> waiting; ///< relays with others to take
};

/// Writes the deliveries of events, in the transaction that wrote the events
/// and after it: the lock on positions keeps others from writing any, so what
/// is found at the front of a chat is so. A delivery is leased to this process
/// if it can go at once: its relay runs here, few wait for it, and none before
/// it in its chat. Deliveries that an event supersedes end. One answer for each
/// event, in their order.
[[nodiscard]] std::vector<told_event>
write_deliveries(pqxx::transaction_base& transaction,
                 std::span<const event_to_tell> events,
                 const std::vector<relay_target>& relays);

/// Before an event is written that corrects what was told: whom it is told, and
/// what it supersedes. Locks those deliveries, so it comes before the
/// transaction locks anything else.
[[nodiscard]] follow_up find_follow_up(pqxx::transaction_base& transaction,
                                       const task_id& task);

/// The event that a `task:amended` about to be written corrects.
[[nodiscard]] std::optional<event_id>
find_amended(pqxx::transaction_base& transaction, const task_id& task);

} // namespace telltale
