#pragma once

#include <string_view>
#include <utility>

#include <caf/error.hpp>
#include <caf/expected.hpp>
#include <caf/result.hpp>

#include "actors/persistence/fact_counts.hpp"
#include "actors/persistence/store.hpp"
#include "messages/counters.hpp"
#include "messages/error.hpp"
#include "messages/protocols.hpp"

// How the actors of persistence turn what their ports say into answers.

namespace telltale {

/// An answer of the store as the answer of the actor.
template <class T> caf::result<T> pass(caf::expected<T> answer) {
  if (!answer)
    return std::move(answer.error());
  return std::move(*answer);
}

/// Tells what was committed before the answer goes out.
template <class Self, class T>
caf::result<T> tell(Self self, caf::expected<committed<T>> done) {
  if (!done)
    return std::move(done.error());
  auto& state = self->state;
  if (!done->facts.empty()) {
    count_facts(*state.counters, done->facts);
    self->send(state.listener, events_committed{std::move(done->facts)});
  }
  return std::move(done->answer);
}

/// The answer to a call that nobody waits for any more; counts it.
[[nodiscard]] inline caf::error abandon(counter_board& counters,
                                        std::string_view call) {
  counters.add(counter::abandoned_calls_total, call);
  return make_error(ec::call_expired);
}

/// Runs a read unless nobody waits for it any more.
template <class Self, class Ask, class Read>
auto read_if_wanted(Self self, std::string_view call, const Ask& what,
                    Read read) -> decltype(pass(read())) {
  if (!what.ticket.is_wanted(self->clock().now()))
    return abandon(*self->state.counters, call);
  return pass(read());
}

} // namespace telltale
