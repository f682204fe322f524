#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "actors/gateway/edge/request_policy.hpp"
#include "actors/gateway/handlers/calls.hpp"
#include "actors/gateway/wire/wire_daemon.hpp"

// What the calls of daemons share. For this folder alone.

namespace telltale {

/// Finds an attempt or a task by its id and hands it to `then` if the caller
/// may speak for it, and its own token has not come to its end.
template <class MaySpeak, class Then>
void with_found(gateway_self self, const http_call& message,
                const std::string& id, MaySpeak may_speak, Then then) {
  const auto reply = reply_of(message);
  const bool outlives = outlives_attempt(static_cast<call>(message.what));
  const auto known = parse_uuid(id);
  if (!known) {
    reply->respond(problem(ec::task_not_found));
    return;
  }
  self->request(
          self->state.peers.queries, read_patience,
          find_task{task_id{*known}, ticket_of(self, reply, read_patience)})
      .then(
          [self, reply, who = message.caller, may_speak, outlives,
           then = std::move(then)](const task_found& found) mutable {
            if (!may_speak(who, found))
              reply->respond(problem(ec::forbidden));
            else if (!outlives && is_over(self, who, found))
              reply->respond(problem(ec::attempt_over));
            else
              then(found);
          },
          fail_to(reply));
}

/// Finds the attempt of which `id` is the id and hands it to `then` as an
/// `attempt_view`, which is good for that call alone. A claim's token speaks
/// for its attempt alone.
template <class Then> void with_attempt(gateway_self self,
                                        const http_call& call,
                                        const std::string& id, Then then) {
  const auto may_speak = [](const principal& who, const task_found& found) {
    return !who.task
           || (*who.task == found.task.id && who.attempt == found.asked);
  };
  with_found(self, call, id, may_speak,
             [id, then = std::move(then)](const task_found& found) mutable {
               then(attempt_view{id, found.asked, &found});
             });
}

/// The same of a task by its own id, whichever of its attempts speaks.
template <class Then>
void with_task(gateway_self self, const http_call& call, Then then) {
  const auto may_speak = [](const principal& who, const task_found& found) {
    return !who.task || *who.task == found.task.id;
  };
  with_found(self, call, call.path.front(), may_speak, std::move(then));
}

/// The attempt that a caller speaks for; 0: it does not say.
[[nodiscard]] inline std::uint32_t number_of(const principal& who) {
  return who.task ? who.attempt : 0;
}

/// Finds runtimes, by memory or in the store, and hands those that are known to
/// `then`.
template <class Then>
void with_runtimes(gateway_self self, std::vector<runner_id> ids,
                   const pending_reply_ptr& reply, Then then) {
  runtimes_found known;
  const auto now = self->clock().now();
  for (const auto& id : ids)
    if (const auto* runtime = self->state.runtimes.find(id, now))
      known.runtimes.push_back(*runtime);
  if (known.runtimes.size() == ids.size()) {
    then(known);
    return;
  }
  self->request(self->state.peers.beats, caf::infinite,
                find_runtimes{std::move(ids)})
      .then(
          [self, then = std::move(then)](const runtimes_found& found) mutable {
            for (const auto& runtime : found.runtimes)
              self->state.runtimes.learn(runtime, self->clock().now());
            then(found);
          },
          fail_to(reply));
}

} // namespace telltale
