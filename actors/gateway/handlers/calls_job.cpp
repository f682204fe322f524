#include <utility>

#include "actors/gateway/handlers/calls_daemon.hpp"
#include "actors/gateway/wire/wire_job.hpp"

// Runners that a job system starts, and that job system.

namespace telltale {

namespace {

/// What a run hands over: heard, if its attempt is still the one.
class produced_waiter final : public report_waiter {
public:
  explicit produced_waiter(pending_reply_ptr reply)
      : reply_(std::move(reply)) {}

  void settle(const pending_report& pending,
              std::vector<http::answer>& ready) override {
    ready.push_back(reply_->with(
        pending.result == ec::none ? json_answer(
            200, R"({"posted":false,"counted":)"
                     + std::to_string(pending.raw.produced.count) + "}")
                                   : problem(pending.result)));
  }

private:
  pending_reply_ptr reply_;
};

/// `finalize`, `inline/retract`: the call's own name.
std::string part_of(const http_call& message) {
  const auto& part = message.path.back();
  return static_cast<call>(message.what) == call::produce_inline
             ? "inline/" + part
             : part;
}

void begin_attempt(gateway_self self, const task_id& task,
                   const pending_reply_ptr& reply) {
  self->request(self->state.peers.commands, caf::infinite,
                retry_task{task, true})
      .then(
          [=](const task_changed& changed) {
            const auto attempt = changed.task.attempt + 1;
            const auto token = attempt_token(self->state.setup.attempt_key,
                                             changed.task.id, attempt, {});
            reply->respond(json_answer(200, write_attempt(attempt, token)));
          },
          fail_to(reply));
}

} // namespace

void on_read_context(gateway_self self, http_call& call) {
  const auto reply = reply_of(call);
  with_task(self, call,
            [=, number = number_of(call.caller)](const task_found& found) {
              const auto& task = found.task;
              if (is_terminal(task.status))
                reply->respond(problem(ec::terminal_state));
              else if (number > 0 && number < task.attempt)
                reply->respond(problem(ec::stale_attempt));
              else
                reply->respond(json_answer(200, write_context(task)));
              keep_alive(self, found, number);
            });
}

void on_begin_attempt(gateway_self self, http_call& message) {
  const auto reply = reply_of(message);
  const auto begin = [self, reply](const task_found& found) {
    begin_attempt(self, found.task.id, reply);
  };
  with_found(
      self, message, message.path.front(),
      [](const principal& who, const task_found& found) {
        return may_dispatch(who, found.task);
      },
      begin);
}

void on_tolerated(gateway_self self, http_call& call) {
  const auto reply = reply_of(call);
  with_task(self, call,
            [=, number = number_of(call.caller)](const task_found& found) {
              http::response done;
              done.status = 204;
              reply->respond(std::move(done));
              keep_alive(self, found, number);
            });
}

void on_knowledge_tools(gateway_self self, http_call& call) {
  const auto reply = reply_of(call);
  with_task(self, call,
            [=, number = number_of(call.caller)](const task_found& found) {
              reply->respond(json_answer(200, R"({"tools":[]})"));
              keep_alive(self, found, number);
            });
}

void on_produced(gateway_self self, http_call& call) {
  const auto reply = reply_of(call);
  const auto id = parse_uuid(call.path.front());
  if (!id) {
    reply->respond(problem(ec::task_not_found));
    return;
  }
  auto report = parse_produced(task_id{*id}, part_of(call), call.body);
  if (!report) {
    reply->respond(problem_of(report.error()));
    return;
  }
  if (!bind_attempt(*report, call.caller)) {
    reply->respond(problem(ec::forbidden));
    return;
  }
  auto waiter = std::make_shared<produced_waiter>(reply);
  if (!call.caller.task)
    return send_report(self, std::move(*report), std::move(waiter));
  with_task(self, call,
            [self, report = std::move(*report),
             waiter = std::move(waiter)](const task_found&) mutable {
              send_report(self, std::move(report), std::move(waiter));
            });
}

} // namespace telltale
