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

constexpr std::uint32_t page = 500;

void read_store(self_pointer self);

/// Passes on what follows the cursor. Returns false if an event is missing
/// before one of these.
bool pass_on(self_pointer self, const std::vector<published_event>& events,
             bool from_store) {
  auto& state = self->state;
  events_published news;
  bool complete = true;
  for (const auto& event : events) {
    if (event.position <= state.cursor)
      continue;
    // The store's pages are complete by themselves: a position that they leave
    // out was pruned.
    if (!from_store && event.position != state.cursor + 1) {
      complete = false;
      break;
    }
    state.cursor = event.position;
    state.recent.push(event);
    news.events.push_back(event);
  }
  if (!news.events.empty())
    for (const auto& listener : state.listeners)
      self->send(listener, news);
  return complete;
}

void add_listener(self_pointer self, const event_listener_handle& listener) {
  auto& known = self->state.listeners;
  if (!listener
      || std::find(known.begin(), known.end(), listener) != known.end())
    return;
  known.push_back(listener);
  self->monitor(listener);
}

/// Answers a subscriber from memory, or from the store if it asks for older
/// events than memory keeps.
void answer(self_pointer self, const subscribe_events& what,
            caf::typed_response_promise<events_read> promise) {
  auto& state = self->state;
  add_listener(self, what.listener);
  events_read reply;
  reply.newest = state.cursor;
  reply.oldest = state.recent.oldest();
  if (what.after < 0 || what.after >= state.cursor) {
    promise.deliver(std::move(reply));
    return;
  }
  if (auto recent = state.recent.after(what.after, page)) {
    reply.events = std::move(*recent);
    promise.deliver(std::move(reply));
    return;
  }
  self->request(state.store, caf::infinite, read_events{what.after, page})
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
  if (state.cursor < 0) {
    // The first look: what was published before nobody here waits for.
    state.cursor = read.newest;
    on_cursor_known(self);
  } else {
    pass_on(self, read.events, true);
  }
  const bool more = !read.events.empty() && state.cursor < read.newest;
  if (more || std::exchange(state.read_again, false))
    read_store(self);
}

void on_read_failed(self_pointer self, const caf::error& error) {
  self->state.reading = false;
  self->state.read_again = false;
  spdlog::log(is_of_database(code_of(error)) ? spdlog::level::debug
                                             : spdlog::level::warn,
              "event-stream: cannot read events: {}", explain(error));
}

void read_store(self_pointer self) {
  auto& state = self->state;
  if (state.reading) {
    state.read_again = true;
    return;
  }
  state.reading = true;
  const auto question =
      state.cursor < 0
          ? read_events{std::numeric_limits<std::int64_t>::max(), 1}
          : read_events{state.cursor, page};
  self->request(state.store, caf::infinite, question)
      .then([self](const events_read& read) { on_events_read(self, read); },
            [self](const caf::error& error) { on_read_failed(self, error); });
}

void on_events_published(self_pointer self, const events_published& news) {
  if (self->state.cursor < 0 || !pass_on(self, news.events, false))
    read_store(self);
}

caf::result<events_read> on_subscribe(self_pointer self,
                                      subscribe_events& what) {
  auto promise = self->make_response_promise<events_read>();
  if (self->state.cursor < 0)
    self->state.waiting.push_back({std::move(what), promise});
  else
    answer(self, what, promise);
  return promise;
}

void on_poll(self_pointer self) {
  self->delayed_send(self, self->state.options.poll, poll_events{});
  read_store(self);
}

void forget(self_pointer self, const caf::actor_addr& gone) {
  auto& known = self->state.listeners;
  known.erase(std::remove_if(known.begin(), known.end(),
                             [&](const event_listener_handle& listener) {
                               return listener.address() == gone;
                             }),
              known.end());
}

} // namespace

event_stream_actor::behavior_type
event_stream(event_stream_actor::stateful_pointer<event_stream_state> self,
             event_store_actor store, config::events_config options,
             counter_board_ptr counters) {
  auto& state = self->state;
  state.store = std::move(store);
  state.options = std::move(options);
  state.counters = std::move(counters);
  state.recent = replay_buffer{static_cast<std::size_t>(state.options.buffer)};
  self->set_down_handler(
      [self](const caf::down_msg& down) { forget(self, down.source); });
  on_poll(self);
  return {
      [=](const events_published& news) { on_events_published(self, news); },
      [=](subscribe_events& what) { return on_subscribe(self, what); },
      [=](const poll_events&) { on_poll(self); },
  };
}

} // namespace telltale
