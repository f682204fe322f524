#include "actors/gateway/handlers/calls_daemon.hpp"

#include <boost/json.hpp>

#include "actors/gateway/wire/fields.hpp"

// Daemons as such: where they register, and that they live.

namespace telltale {

namespace {

/// Tokens do not expire here; a daemon that asks is told of a time far off.
constexpr std::chrono::days renewed_for{365};

void answer_object(const pending_reply_ptr& reply,
                   const boost::json::object& answer) {
  reply->respond(json_answer(200, boost::json::serialize(answer)));
}

/// Settles what these had in flight, one after the other.
void sweep_left(gateway_self self, std::vector<runtime_record> left,
                std::uint64_t settled, const pending_reply_ptr& reply) {
  if (left.empty()) {
    answer_object(reply, {{"status", "ok"}, {"failed", settled}});
    return;
  }
  const runner_left news{left.back().id};
  left.pop_back();
  self->request(self->state.peers.reaper, caf::infinite, news)
      .then(
          [=, left = std::move(left)](const tasks_swept& swept) mutable {
            sweep_left(self, std::move(left), settled + swept.settled, reply);
          },
          fail_to(reply));
}

void sweep_recovered(gateway_self self, const runner_id& runner,
                     tasks_swept before, const pending_reply_ptr& reply) {
  self->request(self->state.peers.reaper, caf::infinite,
                runner_recovered{runner})
      .then(
          [=](const tasks_swept& swept) mutable {
            before.settled += swept.settled;
            before.retried += swept.retried;
            if (swept.more && swept.settled > 0)
              return sweep_recovered(self, runner, before, reply);
            answer_object(reply, {{"orphaned", before.settled},
                                  {"retried", before.retried},
                                  {"failed", before.settled - before.retried}});
          },
          fail_to(reply));
}

void beat(gateway_self self, const runner_id& runtime,
          const pending_reply_ptr& reply) {
  self->request(self->state.peers.beats, caf::infinite, beat_heart{runtime, {}})
      .then(
          [=](const heart_beaten&) {
            reply->respond(
                json_answer(200, write_daemon_heartbeat(runtime, true)));
          },
          fail_to(reply));
}

} // namespace

void on_renew_token(gateway_self self, http_call& call) {
  answer_object(
      reply_of(call),
      {{"expires_at", format_rfc3339(self->state.setup.now() + renewed_for)},
       {"renewed", false}});
}

void on_daemon_workspaces(gateway_self self, http_call& call) {
  auto answer =
      json_answer(200, write_workspaces(self->state.options.workspaces));
  const auto etag = etag_of(answer.body);
  if (const auto known = call.headers.find("if-none-match");
      known != call.headers.end()
      && known->second.find(etag) != std::string::npos) {
    answer.status = 304;
    answer.body.clear();
  }
  answer.headers.push_back({"ETag", etag});
  reply_of(call)->respond(std::move(answer));
}

void on_daemon_workspace(gateway_self self, http_call& message) {
  const auto reply = reply_of(message);
  const auto& workspace = message.path.front();
  if (!self->state.options.workspaces.contains(workspace)) {
    reply->respond(problem(ec::invalid_field, "workspace_id is none of "
                                              "runners.workspaces"));
    return;
  }
  const bool repos = static_cast<call>(message.what) == call::daemon_repos;
  reply->respond(json_answer(200, repos ? write_repos(workspace)
                                        : write_profiles(workspace)));
}

void on_daemon_register(gateway_self self, http_call& call) {
  const auto reply = reply_of(call);
  auto what = parse_register(call.body, self->state.options.workspaces);
  if (!what) {
    reply->respond(problem_of(what.error()));
    return;
  }
  self->request(self->state.peers.beats, caf::infinite, std::move(*what))
      .then(
          [=](const runtimes_found& found) {
            for (const auto& runtime : found.runtimes)
              self->state.runtimes.learn(runtime, self->clock().now());
            reply->respond(json_answer(200, write_registered(found)));
            // What waited for these runners may be claimed.
            self->state.claims.announce_all();
            tend_claims(self);
          },
          fail_to(reply));
}

void on_daemon_heartbeat(gateway_self self, http_call& call) {
  const auto reply = reply_of(call);
  const auto runtime = parse_daemon_heartbeat(call.body);
  if (!runtime) {
    reply->respond(problem_of(runtime.error()));
    return;
  }
  with_runtimes(self, {*runtime}, reply, [=](const runtimes_found& found) {
    if (found.runtimes.empty())
      reply->respond(json_answer(200, write_daemon_heartbeat(*runtime, false)));
    else
      beat(self, *runtime, reply);
  });
}

void on_daemon_recover(gateway_self self, http_call& call) {
  const auto reply = reply_of(call);
  const auto& runner = call.path.front();
  if (!is_opaque_id(runner)) {
    reply->respond(
        problem(ec::invalid_field, "runner_id must have 1 to 128 characters"));
    return;
  }
  sweep_recovered(self, runner_id{runner}, {}, reply);
}

void on_daemon_deregister(gateway_self self, http_call& call) {
  const auto reply = reply_of(call);
  auto what = parse_deregister(call.body);
  if (!what) {
    reply->respond(problem_of(what.error()));
    return;
  }
  for (const auto& id : what->ids)
    self->state.runtimes.forget(id);
  self->request(self->state.peers.beats, caf::infinite, std::move(*what))
      .then(
          [=](const runtimes_found& left) {
            sweep_left(self, left.runtimes, 0, reply);
          },
          fail_to(reply));
}

void on_daemon_gc(gateway_self self, http_call& call) {
  reply_of(call)->respond(
      json_answer(200, write_active_gc(self->state.setup.now())));
}

void on_daemon_issues_gc(gateway_self self, http_call& call) {
  const auto reply = reply_of(call);
  const auto answer = write_issues_gc(call.body.empty() ? "{}" : call.body,
                                      self->state.setup.now());
  if (answer)
    reply->respond(json_answer(200, *answer));
  else
    reply->respond(problem_of(answer.error()));
}

} // namespace telltale
