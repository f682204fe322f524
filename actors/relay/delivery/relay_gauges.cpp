#include <spdlog/spdlog.h>

#include "actors/relay/delivery/relay_steps.hpp"

namespace telltale {

relay_state::~relay_state() {
  if (!counters)
    return;
  for (const auto which :
       {counter::deliveries, counter::oldest_pending_seconds,
        counter::sends_in_flight, counter::relay_disabled,
        counter::relay_circuit_open, counter::relay_credential_refused})
    counters->forget_all(which, relay);
}

void forget_relay_metrics(counter_board& counters, const std::string& relay) {
  for (const auto& row : counter_rows())
    if (row.label == "relay" || row.label.starts_with("relay/"))
      counters.forget_all(row.id, relay);
}

namespace relay_steps {

namespace {

using namespace std::chrono_literals;

/// How old the gauges of the backlog may be.
constexpr std::chrono::milliseconds count_every = 15s;

void on_backlog(self_pointer self, const backlog_read& seen) {
  auto& state = self->state;
  state.counting = false;
  const auto set = [&](const char* which, std::uint64_t amount) {
    state.counters->set(counter::deliveries, state.relay + which,
                        static_cast<double>(amount));
  };
  set("/pending", seen.pending);
  set("/muted", seen.muted);
  set("/dead", seen.dead);
  state.counters->set(counter::oldest_pending_seconds, state.relay,
                      std::chrono::duration<double>(seen.oldest).count());
}

} // namespace

void watch_backlog(self_pointer self) {
  auto& state = self->state;
  const auto now = now_of(self);
  if (now >= state.count_at && !state.counting) {
    state.counting = true;
    state.count_at = now + count_every;
    self->request(state.peers.upkeep, caf::infinite, read_backlog{state.relay})
        .then([self](const backlog_read& seen) { on_backlog(self, seen); },
              [self](const caf::error&) { self->state.counting = false; });
  }
  if (!state.counting)
    want_step(state, state.count_at);
}

void set_gone(relay_state& state, bool gone, const std::string& explanation) {
  if (gone == state.gone)
    return;
  state.gone = gone;
  state.counters->set(counter::relay_disabled, state.relay, gone ? 1 : 0);
  if (gone)
    spdlog::error("relay {}: disabled, the target asked for no more ({}); "
                  "change its configuration, or redeliver to try it again",
                  state.relay, explanation);
  else
    spdlog::info("relay {}: enabled again", state.relay);
}

} // namespace relay_steps

} // namespace telltale
