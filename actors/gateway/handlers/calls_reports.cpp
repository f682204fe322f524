#include <utility>

#include "actors/gateway/handlers/calls.hpp"

namespace telltale {

namespace {

/// Many reports of one request: answered when the last of them is settled.
class batch_waiter final : public report_waiter {
public:
  batch_waiter(pending_reply_ptr reply, std::vector<batched_result> results,
               std::size_t open)
      : reply_(std::move(reply)), results_(std::move(results)), open_(open) {}

  void settle(const pending_report& pending,
              std::vector<http::answer>& ready) override {
    const auto at = static_cast<std::size_t>(pending.reply.sequence);
    if (at < results_.size())
      results_[at].result = pending.result;
    if (--open_ == 0)
      ready.push_back(reply_->with(json_answer(200, write_results(results_))));
  }

private:
  pending_reply_ptr reply_;
  std::vector<batched_result> results_;
  std::size_t open_;
};

void send_reports(gateway_self self, report_batch batch) {
  self->send(self->state.peers.intake,
             reports_received{std::move(batch),
                              caf::actor_cast<report_waiter_handle>(self)});
}

std::shared_ptr<void> as_waiter(std::shared_ptr<report_waiter> waiter) {
  return std::static_pointer_cast<void>(std::move(waiter));
}

/// The row, as the runner of the attempt that was asked for is to see it.
void answer_row(gateway_self self, const task_id& asked,
                const pending_reply_ptr& reply) {
  self->request(self->state.peers.queries, read_patience, find_task{asked})
      .then(
          [reply, asked](const task_found& found) {
            auto row = found.task;
            row.id = asked;
            row.status =
                status_seen_by(found.task, found.attempts, found.asked);
            reply->respond(json_answer(200, write_daemon_task(row)));
          },
          fail_to(reply));
}

void on_daemon_settled(gateway_self self, const pending_report& pending,
                       const task_id& asked, const pending_reply_ptr& reply) {
  const bool is_over = pending.result == ec::terminal_state
                       || pending.result == ec::stale_attempt;
  // What is over is over: the daemon sees the row and is content. But nothing
  // is to be launched for it.
  if (pending.result == ec::none
      || (is_over && pending.raw.status != task_status::running))
    answer_row(self, asked, reply);
  else
    reply->respond(problem(pending.result));
}

/// One report of the daemon dialect: its answer is the task's row, which is
/// read once the report is settled.
class daemon_waiter final : public report_waiter {
public:
  daemon_waiter(gateway_self self, const task_id& asked,
                pending_reply_ptr reply)
      : self_(self), asked_(asked), reply_(std::move(reply)) {}

  void settle(const pending_report& pending,
              std::vector<http::answer>&) override {
    on_daemon_settled(self_, pending, asked_, reply_);
  }

private:
  gateway_self self_; ///< settles its own reports alone
  task_id asked_;     ///< the id of the attempt
  pending_reply_ptr reply_;
};

void send_daemon_report(gateway_self self, status_report report,
                        const task_id& asked, const pending_reply_ptr& reply) {
  pending_report pending;
  pending.raw = std::move(report);
  pending.reply.waiter =
      as_waiter(std::make_shared<daemon_waiter>(self, asked, reply));
  auto batch = std::make_shared<std::vector<pending_report>>();
  batch->push_back(std::move(pending));
  send_reports(self, std::move(batch));
}

caf::expected<status_report> read_daemon_report(const task_id& task,
                                                const http_call& message) {
  const auto what = static_cast<call>(message.what);
  if (what == call::daemon_complete)
    return parse_daemon_complete(task, message.body);
  if (what == call::daemon_fail)
    return parse_daemon_fail(task, message.body);
  return parse_daemon_start(task, message.body);
}

} // namespace

void on_report_many(gateway_self self, http_call& call) {
  const auto reply = reply_of(call);
  auto reports = parse_reports(call.body);
  if (!reports) {
    reply->respond(problem_of(reports.error()));
    return;
  }
  std::vector<batched_result> results;
  auto batch = std::make_shared<std::vector<pending_report>>();
  for (auto& element : *reports) {
    if (element.report && !bind_attempt(*element.report, call.caller)) {
      element.report.reset();
      element.refused = ec::forbidden;
    }
    if (element.report) {
      pending_report pending;
      pending.raw = std::move(*element.report);
      pending.reply.sequence = results.size();
      batch->push_back(std::move(pending));
    }
    results.push_back({std::move(element.task_text), element.refused});
  }
  if (batch->empty()) {
    reply->respond(json_answer(200, write_results(results)));
    return;
  }
  const auto waiter = as_waiter(
      std::make_shared<batch_waiter>(reply, std::move(results), batch->size()));
  for (auto& pending : *batch)
    pending.reply.waiter = waiter;
  send_reports(self, std::move(batch));
}

void on_daemon_report(gateway_self self, http_call& call) {
  const auto reply = reply_of(call);
  const auto id = parse_uuid(call.path.front());
  if (!id) {
    reply->respond(problem(ec::task_not_found));
    return;
  }
  auto report = read_daemon_report(task_id{*id}, call);
  if (!report) {
    reply->respond(problem_of(report.error()));
    return;
  }
  self->request(self->state.peers.queries, read_patience,
                find_task{report->task})
      .then(
          [self, reply, asked = report->task, who = call.caller,
           report = std::move(*report)](const task_found& found) mutable {
            report.task = found.task.id;
            report.attempt = found.asked;
            if (bind_attempt(report, who))
              send_daemon_report(self, std::move(report), asked, reply);
            else
              reply->respond(problem(ec::forbidden));
          },
          fail_to(reply));
}

void on_daemon_status(gateway_self self, http_call& call) {
  const auto reply = reply_of(call);
  const auto id = parse_uuid(call.path.front());
  if (!id) {
    reply->respond(problem(ec::task_not_found));
    return;
  }
  self->request(self->state.peers.queries, read_patience,
                find_task{task_id{*id}, ticket_of(self, reply, read_patience)})
      .then(
          [self, reply](const task_found& found) {
            reply->respond(json_answer(
                200, write_daemon_status(status_seen_by(
                         found.task, found.attempts, found.asked))));
            keep_alive(self, found, found.asked);
          },
          fail_to(reply));
}

} // namespace telltale
