#include <algorithm>
#include <utility>

#include <boost/json.hpp>
#include <spdlog/spdlog.h>

#include "actors/gateway/handlers/calls_daemon.hpp"
#include "actors/gateway/wire/fields.hpp"

namespace telltale {

namespace {

/// After the database failed, waiting claims look again this much later.
constexpr std::chrono::seconds look_again{1};

/// Who was told that a task is due any moment looks no sooner than this: the
/// database's clock may be behind this one.
constexpr std::chrono::milliseconds due_patience{50};

void serve(gateway_self self, parked_claim& claim, const tasks_claimed& got) {
  std::vector<std::string> tokens;
  for (const auto& task : got.tasks)
    tokens.push_back(attempt_token(self->state.setup.attempt_key, task.id,
                                   task.attempt, claim.what.runner));
  claim.reply->respond(json_answer(200, write_claimed(got.tasks, tokens)));
}

} // namespace

void give_back(gateway_self self, const tasks_claimed& got) {
  if (got.tasks.empty())
    return;
  return_tasks what;
  for (const auto& task : got.tasks)
    what.tasks.push_back({task.id, task.attempt, task.version});
  self->request(self->state.peers.claims, caf::infinite, std::move(what))
      .then([](const tasks_returned&) {},
            [](const caf::error& error) {
              spdlog::warn("claimed tasks wait for the end of their leases: {}",
                           explain(error));
            });
}

namespace {

/// When a moment of the wall clock comes, by the clock of timers.
gateway_state::time_point on_timer_clock(gateway_self self, timestamp when) {
  const auto wait =
      std::max(when - self->state.setup.now(), timestamp::duration::zero());
  return self->clock().now() + wait;
}

void on_tasks_claimed(gateway_self self, const claim_line::question& asked,
                      const tasks_claimed& got) {
  auto& line = self->state.claims;
  const bool gone = asked.reply->is_gone();
  std::optional<parked_claim> done;
  if (got.tasks.empty()) {
    std::optional<gateway_state::time_point> due;
    if (got.next_due)
      due = std::max(on_timer_clock(self, *got.next_due),
                     self->clock().now() + due_patience);
    done = line.found_nothing(asked.claim, self->clock().now(), due, !gone);
  } else {
    std::vector<std::string> kinds;
    for (const auto& task : got.tasks)
      kinds.push_back(task.kind);
    done = line.found(asked.claim, kinds);
    if (gone)
      give_back(self, got);
  }
  if (done)
    serve(self, *done, gone ? tasks_claimed{} : got);
  tend_claims(self);
}

void on_claim_failed(gateway_self self, const claim_line::question& asked,
                     const caf::error& error) {
  // With nobody there, another claim asks in its place; with no database, all
  // of them would fail.
  const bool expired = code_of(error) == ec::call_expired;
  std::optional<gateway_state::time_point> again;
  if (!expired)
    again = self->clock().now() + look_again;
  if (auto failed = self->state.claims.failed(asked.claim, again)) {
    if (expired && failed->reply->is_gone())
      serve(self, *failed, {});
    else
      failed->reply->respond(problem_of(error));
  }
  tend_claims(self);
}

void ask_for_tasks(gateway_self self, claim_line::question asked) {
  auto what = std::move(asked.what);
  what.ticket.gone = asked.reply->gone_flag();
  what.ticket.deadline =
      std::max(asked.deadline, self->clock().now()) + read_patience;
  self->request(self->state.peers.claims, caf::infinite, std::move(what))
      .then(
          [self, asked](const tasks_claimed& got) {
            on_tasks_claimed(self, asked, got);
          },
          [self, asked](const caf::error& error) {
            on_claim_failed(self, asked, error);
          });
}

void wait_for_tasks(gateway_self self, parked_claim claim) {
  self->state.claims.arrive(std::move(claim));
  tend_claims(self);
}

void sweep_recovered(gateway_self self, const runner_id& runner,
                     std::uint64_t before, const pending_reply_ptr& reply) {
  self->request(self->state.peers.reaper, caf::infinite,
                runner_recovered{runner})
      .then(
          [=](const tasks_swept& swept) {
            const auto failed = before + swept.settled;
            if (swept.more && swept.settled > 0)
              return sweep_recovered(self, runner, failed, reply);
            reply->respond(
                json_answer(200, boost::json::serialize(
                                     boost::json::object{{"failed", failed}})));
          },
          fail_to(reply));
}

void send_beat(gateway_self self, beat_heart beat,
               const pending_reply_ptr& reply) {
  self->request(self->state.peers.beats, caf::infinite, std::move(beat))
      .then(
          [reply](const heart_beaten& beaten) {
            reply->respond(json_answer(200, write_heartbeat(beaten)));
          },
          fail_to(reply));
}

/// Of a job system's attempt no token says which runner it is; once one has
/// reported, it is that one.
bool speaks_for_runner(const task_found& found, std::uint32_t attempt,
                       const std::string& runner) {
  const auto own =
      std::ranges::find(found.attempts, attempt, &attempt_record::number);
  return own == found.attempts.end() || own->runner.empty()
         || own->runner.value == runner;
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
                     self->clock().now() + wait, call.caller.token};
  reply->watch(caf::actor_cast<request_handler_actor>(self));
  if (request->mask.empty())
    return wait_for_tasks(self, std::move(claim));
  self->request(self->state.peers.redaction, caf::infinite,
                seal_masks{std::move(request->mask)})
      .then(
          [self, claim = std::move(claim)](masks_sealed& masks) mutable {
            claim.what.mask = std::move(masks.sealed);
            wait_for_tasks(self, std::move(claim));
          },
          fail_to(reply));
}

namespace {

/// What can be claimed at `when`, or now.
void announce(gateway_self self, const std::string& kind,
              const runner_id& wanted, const std::optional<timestamp>& when) {
  auto& state = self->state;
  const bool is_due = !when || *when <= state.setup.now();
  const auto due =
      is_due ? gateway_state::time_point{} : on_timer_clock(self, *when);
  if (wanted.empty() && is_due)
    state.claims.announce(kind);
  else if (wanted.empty())
    state.claims.announce_later(kind, due);
  else if (is_due)
    state.claims.announce_for(wanted);
  else
    state.claims.announce_for_later(wanted, due);
}

} // namespace

void announce_task(gateway_self self, const task_record& task) {
  if (!task.dispatched)
    announce(self, task.kind, task.wanted_runner, task.run_after);
}

void announce_event(gateway_self self, const published_event& event) {
  auto& state = self->state;
  if (event.type == event_type::task_created) {
    if (state.announced.is_first_mention(event.task))
      announce(self, event.kind, event.wanted_runner, std::nullopt);
  } else if (event.retry_at) {
    announce(self, event.kind, event.wanted_runner, event.retry_at);
  }
}

void tend_claims(gateway_self self) {
  auto& line = self->state.claims;
  for (auto& asked : line.take_questions())
    ask_for_tasks(self, std::move(asked));
  if (const auto next = line.next_tick())
    arm(self, *next);
}

void tick_claims(gateway_self self) {
  auto& line = self->state.claims;
  const auto now = self->clock().now();
  for (auto& claim : line.expire(now))
    serve(self, claim, {});
  line.tick(now);
  tend_claims(self);
}

void revoke_claims(gateway_self self, const access_rules& rules) {
  for (auto& claim : self->state.claims.revoke(rules))
    claim.reply->respond(problem(ec::unauthorized));
}

void drain_claims(gateway_self self) {
  for (auto& claim : self->state.claims.drain())
    serve(self, claim, {});
}

void on_client_gone(gateway_self self, const client_gone& what) {
  if (auto claim = self->state.claims.leave(reply_of(what.reply)))
    serve(self, *claim, {});
}

void keep_alive(gateway_self self, const task_found& found,
                std::uint32_t number) {
  auto& state = self->state;
  const auto& task = found.task;
  const auto own =
      std::ranges::find(found.attempts, number > 0 ? number : task.attempt,
                        &attempt_record::number);
  const bool is_known = own != found.attempts.end();
  // Who names no attempt may be one that was lost.
  const bool may_be_old =
      number == 0 && task.attempt > 1 && is_known && own->claimed;
  const bool is_current = is_active(task.status) && !may_be_old
                          && (number == 0 || number == task.attempt)
                          && task.lease_expires_at;
  beat_heart beat;
  if (!may_be_old)
    beat.runner = is_known ? own->runner : task.runner;
  // Half a lease is early enough, and spares the other writes.
  if (is_current
      && *task.lease_expires_at - state.setup.now() <= state.options.lease / 2)
    beat.tasks.push_back({task.id, task.attempt});
  if (beat.runner.empty() && beat.tasks.empty())
    return;
  self->request(state.peers.beats, caf::infinite, std::move(beat))
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
  const auto number = call.caller.attempt;
  self->request(self->state.peers.queries, read_patience,
                find_task{task_id{*id}, ticket_of(self, reply, read_patience)})
      .then(
          [self, reply, number](const task_found& found) {
            const auto seen =
                status_seen_by(found.task, found.attempts, number);
            reply->respond(
                json_answer(200, write_status(seen, found.task.attempt)));
            keep_alive(self, found, number);
          },
          fail_to(reply));
}

void on_heartbeat(gateway_self self, http_call& message) {
  const auto reply = reply_of(message);
  auto beat = parse_heartbeat(message.path.front(), message.body);
  if (!beat) {
    reply->respond(problem_of(beat.error()));
    return;
  }
  const auto& who = message.caller;
  if (!who.task)
    return send_beat(self, std::move(*beat), reply);
  for (auto& held : beat->tasks) {
    if (held.task != *who.task
        || (held.attempt && *held.attempt != who.attempt)) {
      reply->respond(problem(ec::forbidden));
      return;
    }
    held.attempt = who.attempt;
  }
  const auto may_beat = [attempt = who.attempt, runner = message.path.front()](
                            const principal&, const task_found& found) {
    return speaks_for_runner(found, attempt, runner);
  };
  with_found(self, message, to_string(*who.task), may_beat,
             [self, beat = std::move(*beat), reply](const task_found&) mutable {
               send_beat(self, std::move(beat), reply);
             });
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
