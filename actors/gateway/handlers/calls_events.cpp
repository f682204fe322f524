#include <algorithm>
#include <utility>

#include <spdlog/spdlog.h>

#include "actors/gateway/handlers/calls.hpp"

namespace telltale {

namespace {

/// The event stream may be started again and then knows nobody: subscribing is
/// repeated, which costs one message if nothing was lost.
constexpr std::chrono::seconds subscribe_every{1};

/// A question that went down with the event stream is never answered.
constexpr std::chrono::seconds replay_patience{30};

void mend(gateway_self self);

/// Feeds one session its history, page by page, until it has caught up or has
/// more to take than it may.
void replay(gateway_self self, const event_sessions::page& needed) {
  const auto session = needed.session;
  self->request(self->state.peers.events, replay_patience,
                subscribe_events{needed.after,
                                 caf::actor_cast<event_listener_handle>(self),
                                 needed.limit})
      .then(
          [self, session](const events_read& page) {
            // A stream of events that was started again may know more than it
            // has told this listener.
            if (self->state.sessions.leaves_gap(page.newest))
              mend(self);
            if (const auto next = self->state.sessions.replay(
                    session, page.events, page.newest))
              replay(self, *next);
          },
          [self, session](const caf::error& error) {
            // The client comes back with the position that it saw last.
            spdlog::warn("gateway: cannot replay events: {}", explain(error));
            self->state.sessions.close(session);
          });
}

/// Events were missed: open streams get them from the log, waiting claims ask
/// again.
void mend(gateway_self self) {
  auto& state = self->state;
  state.claims.announce_all();
  tend_claims(self);
  for (const auto& needed : state.sessions.stall())
    replay(self, needed);
}

} // namespace

void subscribe(gateway_self self) {
  auto& state = self->state;
  // Not after the answer: it may never come.
  state.next_subscription = self->clock().now() + subscribe_every;
  arm(self, state.next_subscription);
  self->request(state.peers.events, caf::infinite,
                subscribe_events{-1,
                                 caf::actor_cast<event_listener_handle>(self),
                                 0, state.sessions.size() > 0})
      .then(
          [self](const events_read& read) {
            // What came before the first answer was nobody's here.
            if (std::exchange(self->state.subscribed, true)
                && self->state.sessions.leaves_gap(read.newest))
              mend(self);
            self->state.sessions.note_newest(read.newest);
          },
          [](const caf::error& error) {
            spdlog::warn("gateway: cannot subscribe to events: {}",
                         explain(error));
          });
}

void mend_gap(gateway_self self, const events_published& news) {
  auto& state = self->state;
  if (state.sessions.leaves_gap(news)) {
    mend(self);
    return;
  }
  // Published before anybody here listened: the log has their envelopes.
  if (state.sessions.size() > 0
      && std::ranges::any_of(news.events, &std::string::empty,
                             &published_event::envelope))
    for (const auto& needed : state.sessions.stall())
      replay(self, needed);
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
  const auto session = state.sessions.next_key();
  auto out = reply->open_stream(
      std::move(head), caf::actor_cast<request_handler_actor>(self), session);
  if (!out || !out->write("retry: 1000\n: open\n\n"))
    return;
  // A stream that begins now needs no history once this actor listens.
  const bool live = *after < 0 && state.subscribed;
  const auto needed = state.sessions.open(
      std::move(out), *after < 0 ? state.sessions.seen() : *after, live,
      call.caller.token);
  if (needed)
    replay(self, {session, *after, needed->limit});
  if (state.sessions.size() == 1) {
    state.next_beat = self->clock().now() + state.setup.events.heartbeat;
    arm(self, state.next_beat);
  }
}

void on_stream_changed(gateway_self self, const stream_changed& what) {
  auto& sessions = self->state.sessions;
  if (!what.gone) {
    if (const auto needed = sessions.resume(what.stream))
      replay(self, *needed);
    return;
  }
  if (const auto stalled = sessions.forget(what.stream))
    spdlog::warn("gateway: an event stream was cut, since its client took "
                 "nothing for as long as http.body_timeout allows; it was sent "
                 "the events up to position {} and had not taken the last {} "
                 "bytes; a client that comes back with Last-Event-ID goes on "
                 "where it stopped",
                 stalled->position, stalled->unsent);
}

void tick_streams(gateway_self self) {
  auto& state = self->state;
  const auto now = self->clock().now();
  if (state.sessions.size() == 0 || now < state.next_beat)
    return;
  state.sessions.beat();
  if (state.sessions.size() > 0) {
    state.next_beat = now + state.setup.events.heartbeat;
    arm(self, state.next_beat);
  }
}

} // namespace telltale
