#include "actors/event_stream/event_stream.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <spdlog/spdlog.h>

#include "messages/error.hpp"

namespace telltale {

namespace {

using self_pointer = event_stream_actor::stateful_pointer<event_stream_state>;

using limits = event_stream_state;

void read_store(self_pointer self);

void pass_on(self_pointer self) {
  auto& state = self->state;
  state.pass.cancel();
  state.passed_at = self->clock().now();
  const auto news = std::exchange(state.gathered, {});
  for (const auto& known : state.listeners)
    self->send(known.who, news);
}

/// Takes what follows the cursor and passes it on, now or soon. Returns false
/// if an event may be missing before one of these. None lies between `after`
/// and the first one; -1: nobody knows.
bool take(self_pointer self, const std::vector<published_event>& events,
          std::int64_t after, bool from_store) {
  auto& state = self->state;
  auto& news = state.gathered;
  if (news.events.empty())
    news.after = state.cursor;
  bool complete = true;
  for (const auto& event : events) {
    if (event.position <= state.cursor)
      continue;
    const bool is_next =
        event.position == state.cursor + 1
        || (&event == &events.front() && after >= 0 && after <= state.cursor);
    // The store's pages are complete by themselves: a position that they leave
    // out was pruned, or never used.
    if (!from_store && !is_next) {
      complete = false;
      break;
    }
    state.recent.push(event, std::exchange(state.cursor, event.position));
    news.events.push_back(event);
  }
  if (news.events.empty())
    return complete;
  const auto due = state.passed_at + limits::pass_pause;
  if (due <= self->clock().now() || news.events.size() >= limits::page)
    pass_on(self);
  else
    state.pass.bring_forward(self, due);
  return complete;
}

bool needs_envelopes(const event_stream_state& state) {
  return std::ranges::any_of(state.listeners, &limits::listener::envelopes);
}

/// Said again at every poll: what makes payloads may have been started anew.
void say_need(self_pointer self) {
  self->send(self->state.payloads,
             envelopes_wanted{needs_envelopes(self->state)});
}

void add_listener(self_pointer self, const subscribe_events& what) {
  if (!what.listener)
    return;
  auto& all = self->state.listeners;
  const auto known =
      std::ranges::find(all, what.listener, &limits::listener::who);
  if (known != all.end() && known->envelopes == what.envelopes)
    return;
  // What was gathered without envelopes is not for who needs them from here on.
  if (!self->state.gathered.events.empty())
    pass_on(self);
  if (known != all.end()) {
    known->envelopes = what.envelopes;
    say_need(self);
    return;
  }
  all.push_back({what.listener, what.envelopes});
  self->monitor(what.listener);
  say_need(self);
}

/// Answers a subscriber from memory, or from the store if it asks for older
/// events than memory keeps.
void answer(self_pointer self, const subscribe_events& what,
            caf::typed_response_promise<events_read> promise) {
  auto& state = self->state;
  const auto limit = std::clamp(what.limit, 1U, limits::page);
  events_read reply;
  reply.newest = state.cursor;
  reply.oldest = state.recent.oldest();
  if (what.after < 0 || what.after >= state.cursor) {
    promise.deliver(std::move(reply));
    return;
  }
  if (auto recent = state.recent.after(what.after, limit)) {
    reply.events = std::move(*recent);
    promise.deliver(std::move(reply));
    return;
  }
  self->request(state.payloads, caf::infinite, read_events{what.after, limit})
      .then(
          [self, promise](events_read& read) mutable {
            // What lies beyond the cursor comes to listeners by itself.
            auto& events = read.events;
            events.erase(std::find_if(events.begin(), events.end(),
                                      [&](const published_event& event) {
                                        return event.position
                                               > self->state.cursor;
                                      }),
                         events.end());
            read.newest = self->state.cursor;
            promise.deliver(std::move(read));
          },
          [promise](caf::error& error) mutable {
            promise.deliver(std::move(error));
          });
}

void on_cursor_known(self_pointer self) {
  auto waiting = std::exchange(self->state.waiting, {});
  for (auto& early : waiting)
    answer(self, early.what, std::move(early.promise));
}

void on_events_read(self_pointer self, const events_read& read) {
  auto& state = self->state;
  state.reading = false;
  if (std::exchange(state.is_away, false))
    spdlog::info("event-stream: the log of events can be read again");
  if (state.cursor < 0) {
    // The first look: what was published before nobody here waits for.
    state.cursor = read.newest;
    on_cursor_known(self);
  } else {
    take(self, read.events, -1, true);
  }
  const bool more = !read.events.empty() && state.cursor < read.newest;
  if (more || std::exchange(state.read_again, false))
    read_store(self);
}

void on_read_failed(self_pointer self, const caf::error& error) {
  self->state.reading = false;
  self->state.read_again = false;
  // Once for as long as it lasts: the next poll tries again.
  if (!std::exchange(self->state.is_away, true))
    spdlog::log(is_of_database(code_of(error)) ? spdlog::level::debug
                                               : spdlog::level::warn,
                "event-stream: the log of events cannot be read, subscribers "
                "hear nothing new of other replicas until it can: {}",
                explain(error));
}

void read_store(self_pointer self) {
  auto& state = self->state;
  if (state.reading) {
    state.read_again = true;
    return;
  }
  state.reading = true;
  state.read_at = self->clock().now();
  const bool envelopes = needs_envelopes(state);
  const auto question =
      state.cursor < 0
          ? read_events{std::numeric_limits<std::int64_t>::max(), 1}
          : read_events{state.cursor, limits::page, envelopes};
  self->request(state.payloads, caf::infinite, question)
      .then([self](const events_read& read) { on_events_read(self, read); },
            [self](const caf::error& error) { on_read_failed(self, error); });
}

void on_events_published(self_pointer self, const events_published& news) {
  if (self->state.cursor < 0 || !take(self, news.events, news.after, false))
    read_store(self);
}

caf::result<events_read> on_subscribe(self_pointer self,
                                      subscribe_events& what) {
  auto& state = self->state;
  add_listener(self, what);
  if (state.cursor < 0 && state.waiting.size() >= limits::most_waiting)
    return make_error(ec::database_unavailable);
  auto promise = self->make_response_promise<events_read>();
  if (state.cursor < 0)
    state.waiting.push_back({std::move(what), promise});
  else
    answer(self, what, promise);
  return promise;
}

/// Reads at once after a quiet time; of a busy replica's words many become one
/// read.
void on_replica_published(self_pointer self) {
  auto& state = self->state;
  const auto due = state.read_at + limits::replica_pause;
  if (due <= self->clock().now() && !state.reading)
    read_store(self);
  else
    state.poll.bring_forward(self, due);
}

void poll(self_pointer self) {
  auto& state = self->state;
  state.poll.bring_forward(self, self->clock().now() + state.options.poll);
  say_need(self);
  read_store(self);
}

void on_poll(self_pointer self) {
  if (self->state.poll.fired(self))
    poll(self);
}

void on_pass(self_pointer self) {
  if (self->state.pass.fired(self))
    pass_on(self);
}

void forget(self_pointer self, const caf::actor_addr& gone) {
  std::erase_if(self->state.listeners, [&](const limits::listener& known) {
    return known.who.address() == gone;
  });
}

} // namespace

event_stream_actor::behavior_type
event_stream(event_stream_actor::stateful_pointer<event_stream_state> self,
             failed_task_payload_actor payloads, config::events_config options,
             counter_board_ptr counters) {
  auto& state = self->state;
  state.payloads = std::move(payloads);
  state.options = std::move(options);
  state.counters = std::move(counters);
  state.recent = replay_buffer{static_cast<std::size_t>(state.options.buffer)};
  self->set_down_handler(
      [self](const caf::down_msg& down) { forget(self, down.source); });
  state.poll.observe(state.counters, event_stream_state::name);
  state.pass.observe(state.counters, event_stream_state::name);
  poll(self);
  return {
      [=](const events_published& news) { on_events_published(self, news); },
      [=](subscribe_events& what) { return on_subscribe(self, what); },
      [=](const replica_published&) { on_replica_published(self); },
      [=](const poll_events&) { on_poll(self); },
      [=](const pass_events&) { on_pass(self); },
  };
}

} // namespace telltale
