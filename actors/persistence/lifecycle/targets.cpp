#include "actors/persistence/lifecycle/targets.hpp"

#include <algorithm>

namespace telltale {

namespace {

bool is_of_failure(event_type type) {
  return type == event_type::task_failed || type == event_type::task_amended
         || type == event_type::task_recovered;
}

bool wants(const relay_target& target, event_type type) {
  if (target.has_chats)
    return false;
  return target.events.empty() ? is_of_failure(type)
                               : std::ranges::count(target.events, type) > 0;
}

} // namespace

bool is_for_people(const event_facts& event) {
  return is_of_failure(event.type) && !event.will_retry;
}

bool is_follow_up(const event_facts& event) {
  return is_for_people(event) && event.type != event_type::task_failed;
}

follow_up choose_follow_up(const std::vector<earlier_delivery>& earlier) {
  follow_up result;
  result.untold = earlier.empty();
  for (const auto& one : earlier) {
    if (one.chat.chat_id.empty()) {
      result.routed_relays.push_back(one.chat.relay);
      continue;
    }
    if (one.state == delivery_state::dead
        || one.state == delivery_state::superseded)
      continue;
    const bool is_untold =
        one.state == delivery_state::pending && !one.is_tried;
    if (is_untold)
      result.superseded.push_back(one.id);
    const auto known =
        std::ranges::find_if(result.chats, [&](const event_target& x) {
          return x.chat.relay == one.chat.relay
                 && x.chat.chat_id == one.chat.chat_id;
        });
    auto& chat = known == result.chats.end()
                     ? result.chats.emplace_back(event_target{one.chat, false})
                     : *known;
    chat.corrects = chat.corrects || !is_untold;
  }
  return result;
}

std::vector<tell_target> tells_of(const std::vector<chosen_chat>& chats) {
  std::vector<tell_target> result;
  for (const auto& [chat, via] : chats)
    result.push_back({chat.relay, chat.chat_id, via});
  return result;
}

routed_task routed_task_of(const event_facts& event, std::string labels) {
  return {event.kind,
          event.failure_reason ? event.failure_reason->wire : std::string{},
          event.workspace.value, std::move(labels)};
}

routed_task routed_task_of(const task_record& task) {
  return {task.kind, std::nullopt, task.workspace.value, task.labels};
}

std::vector<event_target>
choose_targets(const event_facts& event, const std::vector<chosen_chat>& chats,
               const std::vector<relay_target>& relays) {
  std::vector<event_target> targets;
  // A delivery's fate is no reason for another delivery.
  if (event.type == event_type::delivery_sent
      || event.type == event_type::delivery_dead)
    return targets;
  for (const auto& one : relays)
    if (wants(one, event.type))
      targets.emplace_back().chat.relay = one.relay;
  if (event.type != event_type::task_failed || event.will_retry)
    return targets;
  for (const auto& [chat, via] : chats) {
    // One that is told of everything is told once.
    const auto known = std::ranges::find_if(
        targets, [&, &chat = chat](const event_target& one) {
          return one.chat.relay == chat.relay
                 && one.chat.chat_id == chat.chat_id;
        });
    auto& target = known == targets.end()
                       ? targets.emplace_back(event_target{chat})
                       : *known;
    target.routed = via == told_via::route;
  }
  return targets;
}

} // namespace telltale
