#include "actors/failed_task_payload/failed_task_payload.hpp"

#include <algorithm>
#include <chrono>
#include <map>
#include <memory>
#include <set>
#include <utility>
#include <vector>

#include <spdlog/spdlog.h>

#include "actors/failed_task_payload/build.hpp"
#include "actors/failed_task_payload/narrowing.hpp"
#include "messages/error.hpp"

namespace telltale {

namespace {

using pointer =
    failed_task_payload_actor::stateful_pointer<failed_task_payload_state>;
using limits = failed_task_payload_state;
using relay_notices = std::map<std::string, notices_due>;

/// What has no use here may be taken again after this time.
constexpr std::chrono::milliseconds give_back_for{1'000};

payload_audience audience_of(const due_delivery& due) {
  return due.chat.chat_id.empty() ? payload_audience::everybody
                                  : payload_audience::chat;
}

notice make_notice(const due_delivery& due, payload_ptr payload) {
  notice result;
  static_cast<due_delivery&>(result) = due;
  result.payload = std::move(payload);
  return result;
}

/// Leases that nobody here can use: whoever looks next may have them.
template <class Deliveries>
void give_back(pointer self, const std::string& relay, const Deliveries& all,
               std::chrono::milliseconds wait) {
  if (all.empty())
    return;
  record_deliveries back;
  back.relay = relay;
  for (const auto& one : all) {
    delivery_result result;
    result.id = one.id;
    result.retry_in = wait;
    result.counts = false;
    result.leased_until = one.leased_until;
    back.results.push_back(std::move(result));
  }
  self->request(self->state.peers->deliveries, caf::infinite, std::move(back))
      .then([](const deliveries_recorded&) {},
            [](const caf::error&) {}); // then the leases run out
}

void give_back_all(pointer self, const std::vector<committed_event>& events) {
  std::map<std::string, std::vector<due_delivery>> by_relay;
  for (const auto& event : events)
    for (const auto& due : event.leased)
      by_relay[due.chat.relay].push_back(due);
  for (const auto& [relay, all] : by_relay)
    give_back(self, relay, all, give_back_for);
}

// --- what was committed a moment ago -----------------------------------------

/// Events on their way through redaction.
struct committed_batch {
  std::vector<committed_event> events;
  narrowing texts;
  std::map<std::size_t, std::size_t> everybody; ///< event -> place
  std::map<std::size_t, std::size_t> chat;      ///< event -> place
};

bool is_for(const committed_event& event, payload_audience audience) {
  return std::ranges::any_of(event.leased, [&](const due_delivery& due) {
    return audience_of(due) == audience;
  });
}

std::shared_ptr<committed_batch> plan(std::vector<committed_event> events,
                                      bool envelopes) {
  auto batch = std::make_shared<committed_batch>();
  batch->events = std::move(events);
  for (std::size_t i = 0; i < batch->events.size(); ++i) {
    const auto& event = batch->events[i];
    if (envelopes || is_for(event, payload_audience::everybody))
      batch->everybody[i] =
          batch->texts.add(event, payload_audience::everybody);
    if (is_for(event, payload_audience::chat))
      batch->chat[i] = batch->texts.add(event, payload_audience::chat);
  }
  return batch;
}

void tell_relays(pointer self, const committed_batch& batch,
                 const std::vector<payload_ptr>& payloads) {
  relay_notices told;
  std::set<std::string> waiting;
  for (std::size_t i = 0; i < batch.events.size(); ++i) {
    const auto& event = batch.events[i];
    for (const auto& due : event.leased) {
      const auto& places = audience_of(due) == payload_audience::chat
                               ? batch.chat
                               : batch.everybody;
      told[due.chat.relay].due.push_back(
          make_notice(due, payloads.at(places.at(i))));
    }
    waiting.insert(event.waiting.begin(), event.waiting.end());
  }
  const auto& relays = self->state.peers->relays;
  for (auto& [name, notices] : told)
    if (const auto relay = relays.find(name); relay != relays.end())
      self->send(relay->second, std::move(notices));
    else
      give_back(self, name, notices.due, {});
  for (const auto& name : waiting)
    if (const auto relay = relays.find(name); relay != relays.end())
      self->send(relay->second, deliveries_due{});
  self->send(self->state.peers->replicas, notify_replicas{!waiting.empty()});
}

void tell_stream(pointer self, const committed_batch& batch,
                 const std::vector<payload_ptr>& payloads) {
  events_published news;
  news.events.reserve(batch.events.size());
  for (std::size_t i = 0; i < batch.events.size(); ++i) {
    const auto place = batch.everybody.find(i);
    news.events.push_back(as_published(
        batch.events[i], place == batch.everybody.end()
                             ? std::string{}
                             : payloads.at(place->second)->envelope()));
  }
  std::ranges::sort(news.events, {}, &published_event::position);
  self->send(self->state.peers->stream, std::move(news));
}

void on_narrowed(pointer self, const committed_batch& batch,
                 const texts_redacted& answer) {
  const auto payloads =
      batch.texts.payloads(answer, self->state.options.public_url);
  if (!payloads) {
    spdlog::error("redaction answered with another number of texts; {} events "
                  "are read again from the store",
                  batch.events.size());
    give_back_all(self, batch.events);
    return;
  }
  tell_relays(self, batch, *payloads);
  tell_stream(self, batch, *payloads);
}

void count(pointer self, const std::vector<committed_event>& events) {
  if (const auto& counters = self->state.options.counters)
    for (const auto& event : events)
      counters->add(counter::events_published_total, to_string(event.type));
}

void on_committed(pointer self, events_committed& committed) {
  auto& state = self->state;
  if (!state.peers || committed.events.empty())
    return;
  count(self, committed.events);
  const auto size = committed.events.size();
  if (state.under_way > 0 && state.under_way + size > limits::most_under_way) {
    if (!std::exchange(state.is_full, true))
      spdlog::warn("redaction is behind by {} events: until it has caught up, "
                   "what is committed is told as it is read from the store",
                   state.under_way);
    give_back_all(self, committed.events);
    return;
  }
  const auto batch = plan(std::move(committed.events), state.envelopes);
  // What needs no text narrowed goes on at once, unless it would overtake.
  if (batch->texts.empty() && state.under_way == 0) {
    on_narrowed(self, *batch, {});
    return;
  }
  state.under_way += size;
  const auto over = [self, size] {
    self->state.under_way -= size;
    if (self->state.under_way == 0)
      self->state.is_full = false;
  };
  self->request(state.options.redaction, caf::infinite, batch->texts.question())
      .then(
          [=](const texts_redacted& answer) {
            over();
            on_narrowed(self, *batch, answer);
          },
          [=](const caf::error& error) {
            over();
            spdlog::warn("{} events are read again from the store: redaction "
                         "does not answer: {}",
                         batch->events.size(), explain(error));
            give_back_all(self, batch->events);
          });
}

// --- what is read again ------------------------------------------------------

using taken_promise = caf::typed_response_promise<deliveries_taken>;
using read_promise = caf::typed_response_promise<events_read>;

void on_leased_narrowed(pointer self, const std::string& relay,
                        const deliveries_leased& leased, const narrowing& texts,
                        const texts_redacted& answer, taken_promise promise) {
  const auto payloads = texts.payloads(answer, self->state.options.public_url);
  if (!payloads) {
    give_back(self, relay, leased.due, give_back_for);
    promise.deliver(make_error(ec::internal_error,
                               "redaction answered with another number of "
                               "texts"));
    return;
  }
  deliveries_taken taken;
  taken.more = leased.more;
  taken.next_try_at = leased.next_try_at;
  taken.disabled = leased.disabled;
  auto next = payloads->begin();
  for (const auto& due : leased.due)
    taken.due.push_back(make_notice(
        due, due.whole ? *next++ : payload_builder::build(due.facts, {})));
  promise.deliver(std::move(taken));
}

void on_leased(pointer self, const std::string& relay,
               std::shared_ptr<deliveries_leased> leased,
               taken_promise promise) {
  auto texts = std::make_shared<narrowing>();
  for (const auto& due : leased->due)
    if (due.whole)
      texts->add(due.facts, audience_of(due));
  if (texts->empty()) {
    on_leased_narrowed(self, relay, *leased, *texts, {}, std::move(promise));
    return;
  }
  self->request(self->state.options.redaction, caf::infinite, texts->question())
      .then(
          [=](const texts_redacted& answer) {
            on_leased_narrowed(self, relay, *leased, *texts, answer, promise);
          },
          [=](caf::error& error) mutable {
            give_back(self, relay, leased->due, give_back_for);
            promise.deliver(std::move(error));
          });
}

/// Before the start is through nobody can be asked.
caf::error not_started() {
  return make_error(ec::shutting_down, "the service is still starting");
}

caf::result<deliveries_taken> on_take(pointer self,
                                      const take_deliveries& request) {
  if (!self->state.peers)
    return not_started();
  auto promise = self->make_response_promise<deliveries_taken>();
  self->request(self->state.peers->deliveries, caf::infinite, request)
      .then(
          [=, relay = request.relay](deliveries_leased& leased) {
            on_leased(self, relay,
                      std::make_shared<deliveries_leased>(std::move(leased)),
                      promise);
          },
          [=](caf::error& error) mutable {
            promise.deliver(std::move(error));
          });
  return promise;
}

events_read as_read(const events_found& found,
                    const std::vector<payload_ptr>& payloads) {
  events_read read;
  read.newest = found.newest;
  read.oldest = found.oldest;
  for (std::size_t i = 0; i < found.events.size(); ++i)
    read.events.push_back(as_published(
        found.events[i], payloads.empty() ? "" : payloads.at(i)->envelope()));
  return read;
}

void on_found(pointer self, std::shared_ptr<events_found> found, bool envelopes,
              read_promise promise) {
  if (!envelopes || found->events.empty()) {
    promise.deliver(as_read(*found, {}));
    return;
  }
  auto texts = std::make_shared<narrowing>();
  for (const auto& event : found->events)
    texts->add(event, payload_audience::everybody);
  self->request(self->state.options.redaction, caf::infinite, texts->question())
      .then(
          [=](const texts_redacted& answer) mutable {
            if (const auto payloads =
                    texts->payloads(answer, self->state.options.public_url))
              promise.deliver(as_read(*found, *payloads));
            else
              promise.deliver(make_error(ec::internal_error,
                                         "redaction answered with another "
                                         "number of texts"));
          },
          [=](caf::error& error) mutable {
            promise.deliver(std::move(error));
          });
}

caf::result<events_read> on_read(pointer self, const read_events& request) {
  if (!self->state.peers)
    return not_started();
  auto promise = self->make_response_promise<events_read>();
  self->request(self->state.peers->log, caf::infinite, request)
      .then(
          [=, envelopes = request.envelopes](events_found& found) {
            on_found(self, std::make_shared<events_found>(std::move(found)),
                     envelopes, promise);
          },
          [=](caf::error& error) mutable {
            promise.deliver(std::move(error));
          });
  return promise;
}

} // namespace

failed_task_payload_actor::behavior_type failed_task_payload(
    failed_task_payload_actor::stateful_pointer<failed_task_payload_state> self,
    payload_options options) {
  self->state.options = std::move(options);
  return {
      [=](events_committed& committed) { on_committed(self, committed); },
      [=](const take_deliveries& request) { return on_take(self, request); },
      [=](const read_events& request) { return on_read(self, request); },
      [=](const envelopes_wanted& what) {
        self->state.envelopes = what.wanted;
      },
      [=](options_changed<payload_peers>& fresh) {
        self->state.peers = std::move(fresh.options);
      },
  };
}

} // namespace telltale
