#include <utility>

#include "actors/gateway/handlers/calls_daemon.hpp"

// What daemons say and ask about one attempt.

namespace telltale {

namespace {

/// What a daemon may say in vain: the attempt is over, and it is content.
bool is_over(ec result) {
  return result == ec::terminal_state || result == ec::stale_attempt;
}

void answer_row(gateway_self self, const std::string& id,
                const pending_reply_ptr& reply) {
  self->request(self->state.peers.queries, read_patience,
                find_task{task_id{*parse_uuid(id)}})
      .then(
          [=](const task_found& found) {
            reply->respond(
                json_answer(200, write_daemon_task({id, found.asked, &found})));
          },
          fail_to(reply));
}

/// One report of a daemon: its answer is the attempt's row, which is read once
/// the report is settled.
class row_waiter final : public report_waiter {
public:
  /// `refuses`: an attempt that is over is a problem, not a matter of course.
  row_waiter(gateway_self self, std::string id, bool refuses,
             pending_reply_ptr reply)
      : self_(self), id_(std::move(id)), refuses_(refuses),
        reply_(std::move(reply)) {}

  void settle(const pending_report& pending,
              std::vector<http::answer>&) override {
    if (pending.result == ec::none || (is_over(pending.result) && !refuses_))
      answer_row(self_, id_, reply_);
    else
      reply_->respond(problem(pending.result));
  }

private:
  gateway_self self_; ///< settles its own reports alone
  std::string id_;
  bool refuses_;
  pending_reply_ptr reply_;
};

/// What is said beside: it was heard, whatever became of the attempt.
class remark_waiter final : public report_waiter {
public:
  explicit remark_waiter(pending_reply_ptr reply) : reply_(std::move(reply)) {}

  void settle(const pending_report& pending,
              std::vector<http::answer>& ready) override {
    if (pending.result == ec::none || is_over(pending.result))
      ready.push_back(reply_->with(json_answer(200, R"({"status":"ok"})")));
    else
      ready.push_back(reply_->with(problem(pending.result)));
  }

private:
  pending_reply_ptr reply_;
};

caf::expected<status_report> read_report(const http_call& message) {
  const auto what = static_cast<call>(message.what);
  if (what == call::daemon_complete)
    return parse_daemon_complete({}, message.body);
  if (what == call::daemon_fail)
    return parse_daemon_fail({}, message.body);
  if (what == call::daemon_start)
    return parse_daemon_start({}, message.body);
  return parse_daemon_remark({}, message.body);
}

/// The report is about the attempt that was asked for and no other.
void address(status_report& report, const attempt_view& seen) {
  report.task = seen.found->task.id;
  report.attempt = seen.number;
  // Whoever speaks for an attempt is its runner, and lives.
  for (const auto& attempt : seen.found->attempts)
    if (attempt.number == seen.number && !attempt.runner.empty())
      report.runner = attempt.runner;
}

/// A call that says something: `make_waiter` has it answered once it is
/// settled.
template <class MakeWaiter>
void say(gateway_self self, http_call& message, MakeWaiter make_waiter) {
  const auto reply = reply_of(message);
  auto report = read_report(message);
  if (!report) {
    reply->respond(problem_of(report.error()));
    return;
  }
  std::string{}.swap(message.body); // it may be large, and was read
  with_attempt(
      self, message, message.path.front(),
      [=, report = std::move(*report)](const attempt_view& seen) mutable {
        address(report, seen);
        send_report(self, std::move(report), make_waiter(seen.id));
      });
}

/// The id of the attempt is the last variable of a path that names a runtime.
const std::string& attempt_in(const http_call& call) {
  return call.path.back();
}

} // namespace

void on_daemon_report(gateway_self self, http_call& message) {
  const bool starts = static_cast<call>(message.what) == call::daemon_start;
  const auto reply = reply_of(message);
  say(self, message, [=](const std::string& id) {
    return std::make_shared<row_waiter>(self, id, starts, reply);
  });
}

void on_daemon_remark(gateway_self self, http_call& message) {
  const auto reply = reply_of(message);
  say(self, message, [=](const std::string&) {
    return std::make_shared<remark_waiter>(reply);
  });
}

void on_daemon_sign(gateway_self self, http_call& message) {
  const auto reply = reply_of(message);
  if (static_cast<call>(message.what) == call::daemon_messages
      && self->state.counters)
    self->state.counters->add(
        counter::run_messages_total, {},
        static_cast<double>(count_messages(message.body)));
  with_attempt(self, message, attempt_in(message),
               [=](const attempt_view& seen) {
                 reply->respond(json_answer(200, write_daemon_status(seen)));
                 keep_alive(self, *seen.found, seen.number);
               });
}

void on_daemon_bundles(gateway_self self, http_call& call) {
  const auto reply = reply_of(call);
  with_attempt(self, call, attempt_in(call),
               [=, body = std::move(call.body)](const attempt_view& seen) {
                 reply->respond(
                     json_answer(200, write_bundles(seen.found->task, body)));
                 keep_alive(self, *seen.found, seen.number);
               });
}

void on_daemon_status(gateway_self self, http_call& call) {
  on_daemon_sign(self, call);
}

void on_daemon_task_gc(gateway_self self, http_call& call) {
  const auto reply = reply_of(call);
  const auto active = [=] {
    return json_answer(200, write_active_gc(self->state.setup.now()));
  };
  const auto id = parse_uuid(call.path.front());
  if (!id) {
    reply->respond(active());
    return;
  }
  self->request(self->state.peers.queries, read_patience,
                find_task{task_id{*id}, ticket_of(self, reply, read_patience)})
      .then(
          [=, text = call.path.front()](const task_found& found) {
            reply->respond(
                json_answer(200, write_task_gc({text, found.asked, &found})));
          },
          [=](const caf::error& error) {
            reply->respond(code_of(error) == ec::task_not_found
                               ? active()
                               : problem_of(error));
          });
}

} // namespace telltale
