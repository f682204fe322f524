#include <spdlog/spdlog.h>

#include "actors/relay/delivery/relay_steps.hpp"

namespace telltale::relay_steps {

namespace {

using namespace std::chrono_literals;

constexpr std::chrono::milliseconds probe_every = 1min;

void tell_watcher(self_pointer self, relay_pause pause) {
  if (self->state.peers.watcher)
    self->send(self->state.peers.watcher, relay_paused{std::move(pause)});
}

} // namespace

bool is_paused(const relay_state& state) {
  return state.pause && !state.pause->by_message;
}

void pause(self_pointer self, const std::string& explanation) {
  auto& state = self->state;
  if (!state.pause) {
    state.pause.emplace();
    state.pause->since = now_utc();
    state.counters->set(counter::relay_credential_refused, state.relay, 1);
    spdlog::error("relay {}: paused, nothing is sent and nothing lost until "
                  "its credential is accepted: {}. It is tried every minute, "
                  "and after a reload",
                  state.relay, explanation);
  }
  auto& paused = *state.pause;
  paused.explanation = explanation;
  paused.probing = paused.by_message = false;
  paused.probe_at = now_of(self) + probe_every;
  tell_watcher(self, {state.relay, explanation, paused.since});
}

void resume(self_pointer self) {
  auto& state = self->state;
  if (!state.pause)
    return;
  state.pause.reset();
  state.wanted = true;
  state.counters->set(counter::relay_credential_refused, state.relay, 0);
  spdlog::info("relay {}: its credential is accepted, what waited is sent",
               state.relay);
  tell_watcher(self, {state.relay, {}, {}});
}

void probe_credential(self_pointer self) {
  auto& state = self->state;
  if (!state.pause || state.pause->probing || state.pause->by_message)
    return;
  const auto now = now_of(self);
  if (now < state.pause->probe_at) {
    want_step(state, state.pause->probe_at);
    return;
  }
  auto work = state.channel->probe(now);
  state.pause->probing = !work.requests.empty();
  state.pause->by_message = work.requests.empty();
  state.pause->probe_at = now + probe_every;
  state.wanted = state.wanted || state.pause->by_message;
  perform(self, std::move(work));
}

void on_probed(self_pointer self, const send_outcome& outcome) {
  auto& state = self->state;
  if (const auto* refused = std::get_if<credential_refused>(&outcome))
    pause(self, refused->explanation);
  else if (!std::holds_alternative<try_again>(outcome))
    resume(self);
  else if (state.pause)
    state.pause->probing = false; // nobody answered: in a minute again
}

} // namespace telltale::relay_steps
