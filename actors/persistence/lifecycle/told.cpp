#include "actors/persistence/lifecycle/told.hpp"

#include <algorithm>

namespace telltale {

namespace {

told_target target_of(const delivery_record& delivery) {
  told_target target;
  target.relay = delivery.relay;
  target.chat_id = delivery.chat_id;
  switch (delivery.state) {
  case delivery_state::sent:
    target.state = told_state::told;
    target.at = delivery.sent_at;
    if (delivery.sent_at)
      target.after = std::chrono::duration_cast<std::chrono::milliseconds>(
          *delivery.sent_at - delivery.created_at);
    break;
  case delivery_state::dead:
  case delivery_state::superseded:
    target.state = told_state::dead;
    target.explanation = delivery.last_error;
    break;
  case delivery_state::pending:
    target.state =
        delivery.muted_until ? told_state::held : told_state::waiting;
    target.until = delivery.muted_until;
    target.explanation = delivery.last_error;
    break;
  }
  return target;
}

std::string why_nobody(const task_record& task) {
  return (task.chat_session.empty()
              ? std::string{"the task names no chat session"}
              : "no chat is bound to the session " + task.chat_session.value)
         + ", no route fits and no relay has a default chat";
}

} // namespace

std::optional<told_summary>
summarize_told(const task_record& task,
               const std::vector<delivery_record>& deliveries) {
  told_summary summary;
  if (task.untold) {
    summary.explanation = why_nobody(task);
    return summary;
  }
  for (const auto& one : deliveries) {
    if ((one.chat_id.empty() && !one.routed)
        || one.state == delivery_state::superseded)
      continue;
    auto target = target_of(one);
    const auto known =
        std::ranges::find_if(summary.targets, [&](const told_target& x) {
          return x.relay == one.relay && x.chat_id == one.chat_id;
        });
    if (known == summary.targets.end())
      summary.targets.push_back(std::move(target));
    else
      *known = std::move(target);
  }
  if (summary.targets.empty())
    return std::nullopt;
  summary.state =
      std::ranges::min_element(summary.targets, {}, &told_target::state)->state;
  return summary;
}

} // namespace telltale
