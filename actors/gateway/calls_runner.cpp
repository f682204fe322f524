#include <algorithm>
#include <utility>

#include <boost/json.hpp>
#include <caf/send.hpp>
#include <spdlog/spdlog.h>

#include "actors/gateway/calls.hpp"
#include "actors/gateway/fields.hpp"

namespace telltale {

namespace {

void ask_for_tasks(gateway_self self, parked_claim claim);

void serve(gateway_self self, parked_claim& claim, const tasks_claimed& got) {
  std::vector<std::string> tokens;
  for (const auto& task : got.tasks)
    tokens.push_back(
        self->state.setup.attempt_token
            ? self->state.setup.attempt_token(task.id, task.attempt)
            : std::string{});
  claim.reply->respond(json_answer(200, write_claimed(got.tasks, tokens)));
}

/// Nobody is there any more to work on these.
void give_back(gateway_self self, const tasks_claimed& got) {
  if (got.tasks.empty())
    return;
  return_tasks what;
  for (const auto& task : got.tasks)
    what.tasks.push_back({task.id, task.attempt, task.version});
  self->request(self->state.rooms.tasks, caf::infinite, std::move(what))
      .then([](const tasks_returned&) {},
            [](const caf::error& error) {
              spdlog::warn("claimed tasks wait for the end of their leases: {}",
                           explain(error));
            });
}

/// Hears of it if the claim's client goes.
void watch(gateway_self self, const pending_reply_ptr& reply) {
  reply->watch([weak = std::weak_ptr<pending_reply>{reply},
                to = caf::actor_cast<gateway_actor>(self)] {
    const auto gone = weak.lock();
    if (!gone)
      return;
    gone->note_gone();
    http_call call;
    call.what = gone_operation;
    call.reply.waiter = gone;
    caf::anon_send(to, std::move(call));
  });
}

void on_tasks_claimed(gateway_self self, parked_claim& claim,
                      std::uint64_t epoch, const tasks_claimed& got) {
  auto& state = self->state;
  const auto now = self->clock().now();
  if (claim.reply->is_gone()) {
    give_back(self, got);
    serve(self, claim, {});
    return;
  }
  if (!got.tasks.empty() || now >= claim.deadline) {
    serve(self, claim, got);
    // Who got all it asked for may have left some for the next in line.
    if (got.tasks.size() >= claim.what.limit)
      if (auto next = state.claims.next_like(claim.what.kinds))
        ask_for_tasks(self, std::move(*next));
    return;
  }
  if (epoch != state.claims.epoch()) {
    // Something came while the store was looking.
    ask_for_tasks(self, std::move(claim));
    return;
  }
  if (got.next_due) {
    const auto due = now
                     + std::max(*got.next_due - state.setup.now(),
                                timestamp::duration::zero());
    if (due < claim.deadline) {
      state.dues.push_back(due);
      arm(self, due);
    }
  }
  arm(self, claim.deadline);
  state.claims.park(std::move(claim));
}

void ask_for_tasks(gateway_self self, parked_claim claim) {
  const auto epoch = self->state.claims.epoch();
  const auto reply = claim.reply;
  auto what = claim.what;
  self->request(self->state.rooms.tasks, caf::infinite, std::move(what))
      .then(
          [self, epoch,
           claim = std::move(claim)](const tasks_claimed& got) mutable {
            on_tasks_claimed(self, claim, epoch, got);
          },
          fail_to(reply));
}

void sweep_recovered(gateway_self self, const runner_id& runner,
                     std::uint64_t before, const pending_reply_ptr& reply) {
  self->request(self->state.rooms.reaper, caf::infinite,
                runner_recovered{runner})
      .then(
          [=](const tasks_swept& swept) {
            const auto failed = before + swept.settled;
            if (swept.more && swept.settled > 0)
              return sweep_recovered(self, runner, failed, reply);
            reply->respond(
                json_answer(200, boost::json::serialize(
                                     boost::json::object{{"failed", failed}})));
            wake_claims(self, 1);
          },
          fail_to(reply));
}

} // namespace

void on_claim_tasks(gateway_self self, http_call& call) {
  const auto reply = reply_of(call);
  auto request = parse_claim(call.body);
  if (!request) {
    reply->respond(problem_of(request.error()));
    return;
  }
  const std::chrono::milliseconds longest =
      self->state.setup.tasks.claim_wait_max;
  const auto wait = std::min<std::chrono::milliseconds>(request->wait, longest);
  parked_claim claim{reply, std::move(request->what),
                     self->clock().now() + wait,
                     self->state.claims.next_ticket()};
  watch(self, reply);
  if (request->mask.empty())
    return ask_for_tasks(self, std::move(claim));
  self->request(self->state.rooms.redaction, caf::infinite,
                seal_masks{std::move(request->mask)})
      .then(
          [self, claim = std::move(claim)](masks_sealed& masks) mutable {
            claim.what.mask = std::move(masks.sealed);
            ask_for_tasks(self, std::move(claim));
          },
          fail_to(reply));
}

void wake_claims(gateway_self self, std::size_t count,
                 const std::string& kind) {
  for (auto& claim : self->state.claims.wake(count, kind))
    ask_for_tasks(self, std::move(claim));
}

void tick_claims(gateway_self self) {
  auto& state = self->state;
  const auto now = self->clock().now();
  if (std::erase_if(state.dues, [&](auto due) { return due <= now; }) > 0)
    wake_claims(self, 1);
  for (auto& claim : state.claims.expire(now))
    serve(self, claim, {});
}

void drain_claims(gateway_self self) {
  for (auto& claim : self->state.claims.drain())
    serve(self, claim, {});
}

void leave_claims(gateway_self self, const http_call& call) {
  if (auto claim = self->state.claims.leave(reply_of(call)))
    serve(self, *claim, {});
}

void keep_alive(gateway_self self, const task_record& task) {
  auto& state = self->state;
  if (!is_active(task.status) || !task.runner.empty() || !task.lease_expires_at)
    return;
  // Half a lease is early enough, and spares the other writes.
  const auto left = *task.lease_expires_at - state.setup.now();
  if (left > state.setup.tasks.lease / 2)
    return;
  self->request(state.rooms.beats, caf::infinite,
                beat_heart{{}, {{task.id, task.attempt}}})
      .then([](const heart_beaten&) {},
            [](const caf::error&) {
              // The runner will ask again.
            });
}

void on_read_status(gateway_self self, http_call& call) {
  const auto reply = reply_of(call);
  const auto id = parse_uuid(call.path.front());
  if (!id) {
    reply->respond(problem(ec::task_not_found));
    return;
  }
  self->request(self->state.rooms.queries, read_patience,
                find_task{task_id{*id}})
      .then(
          [self, reply](const task_found& found) {
            reply->respond(json_answer(200, write_status(found.task)));
            keep_alive(self, found.task);
          },
          fail_to(reply));
}

void on_heartbeat(gateway_self self, http_call& call) {
  const auto reply = reply_of(call);
  auto beat = parse_heartbeat(call.path.front(), call.body);
  if (!beat) {
    reply->respond(problem_of(beat.error()));
    return;
  }
  const auto who = attempt_caller(call);
  if (who.task)
    for (auto& held : beat->tasks) {
      if (held.task != *who.task
          || (held.attempt && *held.attempt != who.attempt)) {
        reply->respond(problem(ec::forbidden));
        return;
      }
      held.attempt = who.attempt;
    }
  self->request(self->state.rooms.beats, caf::infinite, std::move(*beat))
      .then(
          [self, reply](const heart_beaten& beaten) {
            reply->respond(json_answer(200, write_heartbeat(beaten)));
            // Retries may have waited for a runner to be seen again.
            if (beaten.runner_returned)
              wake_claims(self, 1);
          },
          fail_to(reply));
}

void on_recover(gateway_self self, http_call& call) {
  const auto reply = reply_of(call);
  const auto& runner = call.path.front();
  if (!is_opaque_id(runner)) {
    reply->respond(
        problem(ec::invalid_field, "runner_id must have 1 to 128 characters"));
    return;
  }
  sweep_recovered(self, runner_id{runner}, 0, reply);
}

} // namespace telltale
