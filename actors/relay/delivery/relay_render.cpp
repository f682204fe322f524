#include <memory>
#include <utility>
#include <vector>

#include <spdlog/spdlog.h>

#include "actors/relay/delivery/relay_steps.hpp"
#include "messages/error.hpp"

namespace telltale::relay_steps {

namespace {

/// A message with the queue where it waits.
struct named_message {
  std::string queue;
  ready_message message;
};

using messages_ptr = std::shared_ptr<std::vector<named_message>>;

void to_queues(self_pointer self, std::vector<named_message>& messages) {
  for (auto& one : messages) {
    auto& where = self->state.queues[one.queue];
    where.naming = false;
    where.waiting.push_back(std::move(one.message));
  }
  step(self);
}

void forget_messages(self_pointer self,
                     const std::vector<named_message>& messages,
                     const caf::error& error) {
  auto& state = self->state;
  spdlog::warn("relay {}: {} messages are put back: the store does not say "
               "what is told together: {}",
               state.relay, messages.size(), explain(error));
  for (const auto& one : messages) {
    for (const auto& id : one.message.deliveries)
      state.unrecorded.push_back(put_back(id, store_pause, {}));
    state.queues.erase(one.queue);
  }
  step(self);
}

/// Messages that tell several are known to the store before they are sent: they
/// go again with the same words under the same key, or not at all.
void name_messages(self_pointer self, const messages_ptr& messages) {
  gather_deliveries request;
  request.relay = self->state.relay;
  for (const auto& one : *messages)
    if (one.message.deliveries.size() > 1)
      request.messages.push_back(one.message.deliveries);
  if (request.messages.empty()) {
    to_queues(self, *messages);
    return;
  }
  self->request(self->state.peers.deliveries, caf::infinite, std::move(request))
      .then(
          [self, messages](const deliveries_gathered& answer) {
            auto key = answer.keys.begin();
            for (auto& one : *messages)
              if (one.message.deliveries.size() > 1)
                one.message.what.key = *key++;
            to_queues(self, *messages);
          },
          [self, messages](const caf::error& error) {
            forget_messages(self, *messages, error);
          });
}

} // namespace

void render_drafts(self_pointer self, const std::vector<draft>& drafts) {
  auto& state = self->state;
  auto messages = std::make_shared<std::vector<named_message>>();
  for (const auto& one : drafts) {
    auto& where = state.queues[one.queue];
    where.naming = true;
    where.since = now_of(self);
    messages->push_back(
        {one.queue,
         make_ready(one, render(one, state.options, state.detail_characters,
                                state.channel->dedupes()))});
  }
  name_messages(self, messages);
}

} // namespace telltale::relay_steps
