#include <utility>

#include <spdlog/spdlog.h>

#include "actors/gateway/calls.hpp"

namespace telltale {

namespace {

/// How long a lost subscription waits for its next try.
constexpr std::chrono::seconds patience{1};

void count_streams(gateway_self self) {
  if (self->state.counters)
    self->state.counters->set(counter::event_subscribers, {},
                              static_cast<double>(self->state.sessions.size()));
}

/// Feeds one session its history, page by page, until it has caught up.
void replay(gateway_self self, event_sessions::key session,
            std::int64_t after) {
  self->request(
          self->state.rooms.events, caf::infinite,
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
  self->request(
          self->state.rooms.events, caf::infinite,
          subscribe_events{-1, caf::actor_cast<event_listener_handle>(self)})
      .then(
          [self](const events_read& read) {
            self->state.subscribed = true;
            self->state.sessions.note_newest(read.newest);
          },
          [self](const caf::error& error) {
            spdlog::warn("gateway: cannot subscribe to events: {}",
                         explain(error));
            arm(self, self->clock().now() + patience);
          });
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
