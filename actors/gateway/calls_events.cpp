#include <algorithm>
#include <utility>

#include <spdlog/spdlog.h>

#include "actors/gateway/calls.hpp"

namespace telltale {

namespace {

/// The event stream may be started again and then knows nobody: subscribing is
/// repeated, which costs one message if nothing was lost.
constexpr std::chrono::seconds subscribe_every{1};

/// A question that went down with the event stream is never answered.
constexpr std::chrono::seconds replay_patience{30};

void count_streams(gateway_self self) {
  if (self->state.counters)
    self->state.counters->set(counter::event_subscribers, {},
                              static_cast<double>(self->state.sessions.size()));
}

/// Feeds one session its history, page by page, until it has caught up.
void replay(gateway_self self, event_sessions::key session,
            std::int64_t after) {
  self->request(
          self->state.rooms.events, replay_patience,
          subscribe_events{after, caf::actor_cast<event_listener_handle>(self)})
      .then(
          [self, session](const events_read& page) {
            const auto next =
                self->state.sessions.replay(session, page.events, page.newest);
            if (next >= 0)
              replay(self, session, next);
          },
          [self, session](const caf::error& error) {
            // The client comes back with the position that it saw last.
            spdlog::warn("gateway: cannot replay events: {}", explain(error));
            self->state.sessions.close(session);
          });
}

} // namespace

void subscribe(gateway_self self) {
  auto& state = self->state;
  // Not after the answer: it may never come.
  state.next_subscription = self->clock().now() + subscribe_every;
  arm(self, state.next_subscription);
  self->request(
          state.rooms.events, caf::infinite,
          subscribe_events{-1, caf::actor_cast<event_listener_handle>(self)})
      .then(
          [self](const events_read& read) {
            // What came before the first answer was nobody's here.
            if (std::exchange(self->state.subscribed, true))
              mend_gap(self, {}, read.newest);
            self->state.sessions.note_newest(read.newest);
          },
          [](const caf::error& error) {
            spdlog::warn("gateway: cannot subscribe to events: {}",
                         explain(error));
          });
}

void mend_gap(gateway_self self, const std::vector<published_event>& news,
              std::int64_t newest) {
  auto& state = self->state;
  const bool gap = state.sessions.leaves_gap(news, newest);
  if (gap) {
    // What was missed may have been tasks to claim.
    state.claims.announce_all();
    tend_claims(self);
  }
  // Published before anybody here listened: the log has their envelopes.
  const bool bare = state.sessions.size() > 0
                    && std::ranges::any_of(news, &std::string::empty,
                                           &published_event::envelope);
  if (!gap && !bare)
    return;
  for (const auto& [session, position] : state.sessions.stall())
    replay(self, session, position);
}

void tick_subscription(gateway_self self) {
  if (self->clock().now() >= self->state.next_subscription)
    subscribe(self);
}

void on_stream_events(gateway_self self, http_call& call) {
  const auto reply = reply_of(call);
  auto& state = self->state;
  const auto id = call.headers.find("last-event-id");
  const auto after = parse_events_after(
      call.query, id == call.headers.end() ? std::string{} : id->second);
  if (!after) {
    reply->respond(problem_of(after.error()));
    return;
  }
  if (state.sessions.size()
      >= static_cast<std::size_t>(state.setup.events.max_subscribers)) {
    reply->respond(problem(ec::overloaded, "too many event streams are open"));
    return;
  }
  http::response head;
  head.headers = {{"Content-Type", "text/event-stream"},
                  {"Cache-Control", "no-store"},
                  {"X-Accel-Buffering", "no"},
                  {"X-Content-Type-Options", "nosniff"}};
  auto gone = std::make_shared<std::atomic<bool>>(false);
  auto out = reply->open_stream(std::move(head), [gone] { *gone = true; });
  if (!out || !out->write("retry: 1000\n: open\n\n"))
    return;
  // A stream that begins now needs no history once this actor listens.
  const auto session =
      state.sessions.open(std::move(out), std::move(gone),
                          *after < 0 ? state.sessions.seen() : *after,
                          *after < 0 && state.subscribed);
  if (*after >= 0 || !state.subscribed)
    replay(self, session, *after);
  count_streams(self);
  if (state.sessions.size() == 1) {
    state.next_beat = self->clock().now() + state.setup.events.heartbeat;
    arm(self, state.next_beat);
  }
}

void tick_streams(gateway_self self) {
  auto& state = self->state;
  const auto now = self->clock().now();
  if (state.sessions.size() == 0 || now < state.next_beat)
    return;
  state.sessions.beat();
  count_streams(self);
  if (state.sessions.size() > 0) {
    state.next_beat = now + state.setup.events.heartbeat;
    arm(self, state.next_beat);
  }
}

} // namespace telltale
