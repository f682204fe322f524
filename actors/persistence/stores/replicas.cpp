#include "actors/persistence/stores/replicas.hpp"

#include <utility>

namespace telltale {

namespace {

using self_pointer = replicas_actor::stateful_pointer<replicas_state>;

void on_waiting(self_pointer self, const deliveries_waiting& what) {
  const auto& relays = self->state.relays.by_name;
  for (const auto& name : what.relays)
    if (const auto found = relays.find(name); found != relays.end())
      self->send(found->second, deliveries_due{});
  self->state.notifier->notify(true);
}

void on_published(self_pointer self, const replica_published& news) {
  self->send(self->state.stream, news);
  if (!news.deliveries)
    return;
  // Whoever wrote them may have no room for all of them.
  for (const auto& [name, relay] : self->state.relays.by_name)
    self->send(relay, deliveries_due{});
}

} // namespace

replicas_actor::behavior_type replicas(self_pointer self, pg_options options,
                                       replica_listener_handle stream) {
  self->state.stream = std::move(stream);
  self->state.notifier = std::make_unique<replica_notifier>(
      std::move(options), replica_listener_handle{self});
  return {
      [=](const notify_replicas& what) {
        self->state.notifier->notify(what.deliveries);
      },
      [=](const deliveries_waiting& what) { on_waiting(self, what); },
      [=](const replica_published& news) { on_published(self, news); },
      [=](options_changed<running_relays>& fresh) {
        self->state.relays = std::move(fresh.options);
      },
  };
}

} // namespace telltale
