#pragma once

#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include <caf/error.hpp>
#include <caf/expected.hpp>
#include <caf/result.hpp>

#include "actors/persistence/store.hpp"
#include "actors/persistence/stores/fact_counts.hpp"
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

/// Tells what was committed, before the answers go out.
template <class Self>
void tell_facts(Self self, std::vector<committed_event> facts) {
  if (facts.empty())
    return;
  auto& state = self->state;
  count_facts(*state.counters, facts);
  self->send(state.listener, events_committed{std::move(facts)});
}

template <class Self, class T>
caf::result<T> tell(Self self, caf::expected<committed<T>> done) {
  if (!done)
    return std::move(done.error());
  tell_facts(self, std::move(done->events));
  return std::move(done->answer);
}

/// Asks the store for many at once, tells what was committed, and gives the
/// outcome of each. If something is refused that one of them brought, each is
/// asked for alone, so that the others do not have its trouble.
template <class Answer, class Self, class Ask, class AskAll>
std::vector<caf::expected<Answer>>
tell_all(Self self, std::span<const Ask> calls, AskAll ask_all) {
  auto done = ask_all(calls);
  std::vector<caf::expected<Answer>> outcomes;
  outcomes.reserve(calls.size());
  if (done) {
    tell_facts(self, std::move(done->events));
    for (auto& answer : done->answer)
      outcomes.emplace_back(std::move(answer));
  } else if (calls.size() == 1 || is_of_database(code_of(done.error()))) {
    outcomes.assign(calls.size(), done.error());
  } else {
    for (std::size_t i = 0; i < calls.size(); ++i)
      outcomes.push_back(std::move(
          tell_all<Answer>(self, calls.subspan(i, 1), ask_all).front()));
  }
  return outcomes;
}

/// The answer to a call that nobody waits for any more; counts it.
[[nodiscard]] inline caf::error abandon(counter_board& counters,
                                        std::string_view call) {
  counters.add(counter::abandoned_calls_total, call);
  return make_error(ec::call_expired);
}

/// Carries out what gathered in one call of the store: calls that nobody waits
/// for are answered `call_expired` before it, and after it those of which the
/// store says so; both are counted under the name of the call.
template <class Answer, class Self, class Batch, class IsWanted, class AskAll>
void carry_out(Self self, Batch batch, std::string_view call,
               IsWanted is_wanted, AskAll ask_all) {
  auto& counters = *self->state.counters;
  batch.drop_if([&](const auto& what) -> caf::error {
    if (is_wanted(what))
      return {};
    return abandon(counters, call);
  });
  if (batch.calls.empty())
    return;
  auto outcomes =
      tell_all<Answer>(self, std::span{std::as_const(batch.calls)}, ask_all);
  for (const auto& outcome : outcomes)
    if (!outcome && code_of(outcome.error()) == ec::call_expired)
      counters.add(counter::abandoned_calls_total, call);
  batch.deliver(std::move(outcomes));
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
