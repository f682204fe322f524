#pragma once

#include <utility>

#include "messages/protocols.hpp"

namespace telltale::test {

/// failed_task_payload for tests of those who tell it of commits.
template <class Hear>
failed_task_payload_actor::behavior_type only_hears(Hear hear) {
  return {[hear](const events_committed& what) { hear(what); },
          [](const take_deliveries&) { return deliveries_taken{}; },
          [](const read_events&) { return events_read{}; },
          [](const envelopes_wanted&) {},
          [](const options_changed<payload_peers>&) {}};
}

inline failed_task_payload_actor::behavior_type
deaf_payload(failed_task_payload_actor::pointer) {
  return only_hears([](const events_committed&) {});
}

} // namespace telltale::test
