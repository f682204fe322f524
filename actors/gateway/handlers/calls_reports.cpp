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

void send_report(gateway_self self, status_report report,
                 std::shared_ptr<report_waiter> waiter) {
  pending_report pending;
  pending.raw = std::move(report);
  pending.reply.waiter = as_waiter(std::move(waiter));
  auto batch = std::make_shared<std::vector<pending_report>>();
  batch->push_back(std::move(pending));
  send_reports(self, std::move(batch));
}

} // namespace telltale
