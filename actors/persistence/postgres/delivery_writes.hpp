#pragma once

#include <cstdint>
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
  std::span<const chat_binding> targets;
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
/// it in its chat. A recovery is told only to a chat that was told of the
/// failure. One answer for each event, in their order.
[[nodiscard]] std::vector<told_event>
write_deliveries(pqxx::transaction_base& transaction,
                 std::span<const event_to_tell> events,
                 const std::vector<relay_target>& relays);

} // namespace telltale
