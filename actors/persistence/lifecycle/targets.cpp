#include "actors/persistence/lifecycle/targets.hpp"

#include <algorithm>

namespace telltale {

namespace {

bool is_for_people(event_type type) {
  return type == event_type::task_failed || type == event_type::task_recovered;
}

bool wants(const relay_target& target, event_type type) {
  if (target.has_chats)
    return false;
  return target.events.empty() ? is_for_people(type)
                               : std::ranges::count(target.events, type) > 0;
}

} // namespace

std::vector<chat_binding>
choose_targets(const event_facts& event,
               const std::optional<chat_binding>& chat,
               const std::vector<relay_target>& relays) {
  std::vector<chat_binding> targets;
  // A delivery's fate is no reason for another delivery.
  if (event.type == event_type::delivery_sent
      || event.type == event_type::delivery_dead)
    return targets;
  for (const auto& one : relays)
    if (wants(one, event.type))
      targets.emplace_back().relay = one.relay;
  if (chat && is_for_people(event.type) && !event.will_retry)
    targets.push_back(*chat);
  return targets;
}

} // namespace telltale
