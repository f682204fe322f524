#include "actors/failed_task_payload/failed_task_payload.hpp"

#include <algorithm>
#include <utility>

#include <caf/send.hpp>
#include <spdlog/spdlog.h>

#include "actors/failed_task_payload/build.hpp"
#include "messages/published.hpp"

namespace telltale {

namespace {

using pointer =
    failed_task_payload_actor::stateful_pointer<failed_task_payload_state>;
using limits = failed_task_payload_state;

void publish_next(pointer self);

std::size_t texts_of(const event_facts& facts) {
  return facts.title.view().size() + facts.error.view().size();
}

/// Takes facts in, each event once. False: there was no room.
bool keep(failed_task_payload_state& state, event_facts facts) {
  const auto bytes = texts_of(facts);
  if (state.waiting.size() >= limits::most_waiting
      || (!state.waiting.empty()
          && state.waiting_bytes + bytes > limits::most_waiting_bytes))
    return false;
  if (state.held.insert(facts.id).second) {
    state.waiting_bytes += bytes;
    state.waiting.push_back(std::move(facts));
  }
  return true;
}

/// The log understood the batch and will not have it.
bool is_refusal(const caf::error& error) {
  return error.category() == ec_category && !is_of_database(code_of(error))
         && code_of(error) != ec::shutting_down;
}

/// The batch goes back to the front, to be tried again after a while.
void on_failed(pointer self, const caf::error& error) {
  auto& state = self->state;
  // Once for as long as it lasts.
  if (state.backoff.count() == 0)
    spdlog::warn("{} events could not be published; they wait, and are tried "
                 "again every few seconds: {}",
                 state.batch.size(), explain(error));
  state.backoff = std::clamp(2 * state.backoff, limits::first_backoff,
                             limits::last_backoff);
  state.paused = true;
  spdlog::log(is_of_database(code_of(error)) ? spdlog::level::debug
                                             : spdlog::level::warn,
              "{} events could not be published, next try in {} ms: {}",
              state.batch.size(), state.backoff.count(), explain(error));
  const bool refused = is_refusal(error);
  if (refused && state.batch.size() == 1) {
    // It alone is the trouble; the log keeps it, the others go on.
    spdlog::error("event {} was refused by the log",
                  to_string(state.batch.front().id));
    state.held.erase(state.batch.front().id);
  } else {
    for (const auto& facts : state.batch)
      state.waiting_bytes += texts_of(facts);
    state.waiting.insert(state.waiting.begin(),
                         std::make_move_iterator(state.batch.begin()),
                         std::make_move_iterator(state.batch.end()));
    if (refused)
      state.batch_limit = std::max<std::size_t>(1, state.batch.size() / 2);
  }
  state.batch.clear();
  state.retry.bring_forward(self, self->clock().now() + state.backoff);
}

void wake_relays(pointer self, const std::vector<std::string>& names) {
  if (names.empty())
    return;
  const auto targets = self->state.wiring.targets->get();
  for (const auto& name : names) {
    const auto found = targets->relays.find(name);
    if (found != targets->relays.end())
      self->send(found->second, deliveries_due{});
  }
}

void look(pointer self);

void on_published(pointer self, events_stored& stored) {
  auto& state = self->state;
  for (const auto& facts : state.batch)
    state.held.erase(facts.id);
  state.batch.clear();
  if (std::exchange(state.backoff, {}).count() > 0)
    spdlog::info("events are published again");
  state.batch_limit = std::min(2 * state.batch_limit, limits::largest_batch);
  const bool progressed = !stored.events.empty();
  wake_relays(self, stored.due_relays);
  if (progressed) {
    if (state.wiring.counters)
      for (const auto& event : stored.events)
        state.wiring.counters->add(counter::events_published_total,
                                   to_string(event.type));
    if (state.wiring.announce)
      state.wiring.announce(!stored.due_relays.empty());
    self->send(state.wiring.stream, events_published{std::move(stored.events)});
  }
  if (!state.waiting.empty())
    publish_next(self);
  else if (state.more_in_log && progressed)
    look(self);
}

/// Nobody is to be sent it, so nothing has to be stored for it.
bool is_published(const event_facts& facts) {
  return facts.position > 0 && !facts.due;
}

/// Texts come back in the order in which they went: title, error, title, ...
void on_narrowed(pointer self, texts_redacted& narrowed) {
  auto& state = self->state;
  if (narrowed.texts.size() != 2 * state.worded) {
    on_failed(self, make_error(ec::internal_error,
                               "redaction answered with another number of "
                               "texts"));
    return;
  }
  const auto targets = state.wiring.targets->get();
  publish_events request;
  request.events.reserve(state.batch.size());
  for (std::size_t i = 0; i < state.worded; ++i) {
    auto facts = state.batch[i];
    facts.title = std::move(narrowed.texts[2 * i]);
    facts.error = std::move(narrowed.texts[2 * i + 1]);
    request.events.push_back(build_publication(
        std::move(facts), state.wiring.public_url, targets->webhooks));
  }
  for (auto i = state.worded; i < state.batch.size(); ++i)
    request.events.push_back(address(state.batch[i], targets->webhooks));
  if (std::ranges::all_of(state.batch, is_published)) {
    events_stored published;
    for (const auto& event : request.events)
      published.events.push_back(as_published(event, event.facts.position));
    std::ranges::sort(published.events, {}, &published_event::position);
    on_published(self, published);
    return;
  }
  // Waits without a limit: a timer a batch would outlive its answer. The event
  // log bounds its statements by itself.
  self->request(state.wiring.events, caf::infinite, std::move(request))
      .then([=](events_stored& stored) { on_published(self, stored); },
            [=](const caf::error& error) { on_failed(self, error); });
}

void publish_next(pointer self) {
  auto& state = self->state;
  if (!state.batch.empty() || state.waiting.empty() || state.paused)
    return;
  const auto count = std::min(state.waiting.size(), state.batch_limit);
  const auto end = state.waiting.begin() + static_cast<std::ptrdiff_t>(count);
  state.batch.assign(std::make_move_iterator(state.waiting.begin()),
                     std::make_move_iterator(end));
  state.waiting.erase(state.waiting.begin(), end);
  for (const auto& facts : state.batch)
    state.waiting_bytes -= texts_of(facts);
  // Whoever reads one of the others later, or is told of it, gets its envelope
  // then.
  const bool heard = !state.wiring.is_heard || state.wiring.is_heard();
  const auto plain = std::stable_partition(
      state.batch.begin(), state.batch.end(),
      [&](const event_facts& facts) { return heard || facts.position == 0; });
  state.worded = static_cast<std::size_t>(plain - state.batch.begin());
  narrow_texts request;
  request.profile = redaction_profile::event;
  for (auto facts = state.batch.begin(); facts != plain; ++facts) {
    request.texts.push_back(facts->title);
    request.texts.push_back(facts->error);
  }
  if (request.texts.empty()) {
    texts_redacted none;
    on_narrowed(self, none);
    return;
  }
  self->request(state.wiring.redaction, caf::infinite, std::move(request))
      .then([=](texts_redacted& narrowed) { on_narrowed(self, narrowed); },
            [=](const caf::error& error) { on_failed(self, error); });
}

void on_committed(pointer self, events_committed& committed) {
  std::size_t dropped = 0;
  for (auto& facts : committed.facts)
    dropped += keep(self->state, std::move(facts)) ? 0U : 1U;
  if (dropped > 0) {
    self->state.more_in_log = true;
    spdlog::warn("{} events wait in the log alone until others are published",
                 dropped);
  }
  publish_next(self);
}

void on_found(pointer self, unpublished_taken& found) {
  auto& state = self->state;
  state.looking = false;
  state.look_failed = false;
  state.looked_once = true;
  state.more_in_log = found.more;
  for (auto& facts : found.facts)
    keep(state, std::move(facts));
  publish_next(self);
}

/// Asks the log for what is overdue.
void look(pointer self) {
  auto& state = self->state;
  if (std::exchange(state.looking, true))
    return;
  state.looked_at = self->clock().now();
  take_unpublished request;
  if (state.looked_once)
    request.older_than = limits::overdue;
  self->request(state.wiring.events, caf::infinite, request)
      .then([=](unpublished_taken& found) { on_found(self, found); },
            [=](const caf::error& error) {
              self->state.looking = false;
              if (!std::exchange(self->state.look_failed, true))
                spdlog::log(is_of_database(code_of(error))
                                ? spdlog::level::debug
                                : spdlog::level::warn,
                            "unpublished events could not be looked for: {}",
                            explain(error));
            });
}

void look_regularly(pointer self) {
  self->state.next_look.bring_forward(self,
                                      self->clock().now() + limits::look_every);
  look(self);
}

void on_backlog(pointer self) {
  if (self->state.next_look.fired(self))
    look_regularly(self);
}

void on_retry(pointer self) {
  auto& state = self->state;
  if (!state.retry.fired(self))
    return;
  state.paused = false;
  publish_next(self);
}

/// What waits for what the other published may go on: the look comes sooner.
void on_replica_published(pointer self) {
  auto& state = self->state;
  if (state.looked_once)
    state.next_look.bring_forward(self, state.looked_at + limits::overdue);
}

} // namespace

failed_task_payload_actor::behavior_type failed_task_payload(
    failed_task_payload_actor::stateful_pointer<failed_task_payload_state> self,
    payload_wiring wiring) {
  auto& state = self->state;
  state.wiring = std::move(wiring);
  state.next_look.observe(state.wiring.counters, limits::name);
  state.retry.observe(state.wiring.counters, limits::name);
  look_regularly(self);
  return {
      [=](events_committed& committed) { on_committed(self, committed); },
      [=](const replica_published&) { on_replica_published(self); },
      [=](const publish_backlog&) { on_backlog(self); },
      [=](const retry_publication&) { on_retry(self); },
  };
}

} // namespace telltale
