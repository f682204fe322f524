#include "actors/gateway/gateway.hpp"

#include <algorithm>
#include <caf/sec.hpp>
#include <map>
#include <utility>

#include <spdlog/spdlog.h>

#include "actors/gateway/edge/request_policy.hpp"
#include "actors/gateway/handlers/calls.hpp"

namespace telltale {

namespace {

using handler = void (*)(gateway_self, http_call&);

handler handler_of(call what) {
  switch (what) {
  case call::claim_tasks:
    return on_claim_tasks;
  case call::read_status:
    return on_read_status;
  case call::report_many:
    return on_report_many;
  case call::runner_heartbeat:
    return on_heartbeat;
  case call::runner_recover:
    return on_recover;
  case call::renew_token:
    return on_renew_token;
  case call::daemon_workspaces:
  case call::list_workspaces:
    return on_daemon_workspaces;
  case call::daemon_profiles:
  case call::daemon_repos:
    return on_daemon_workspace;
  case call::daemon_register:
    return on_daemon_register;
  case call::daemon_heartbeat:
    return on_daemon_heartbeat;
  case call::daemon_recover:
    return on_daemon_recover;
  case call::daemon_deregister:
    return on_daemon_deregister;
  case call::daemon_claim:
    return on_daemon_claim;
  case call::daemon_claim_one:
    return on_daemon_claim_one;
  case call::daemon_bundles:
    return on_daemon_bundles;
  case call::daemon_wait:
  case call::daemon_progress:
  case call::daemon_usage:
  case call::daemon_cancel_ack:
    return on_daemon_remark;
  case call::daemon_prepare_lease:
  case call::daemon_session:
  case call::daemon_messages:
    return on_daemon_sign;
  case call::daemon_issue_gc:
  case call::daemon_chat_gc:
  case call::daemon_autopilot_gc:
    return on_daemon_gc;
  case call::daemon_issues_gc:
    return on_daemon_issues_gc;
  case call::daemon_task_gc:
    return on_daemon_task_gc;
  case call::read_context:
    return on_read_context;
  case call::begin_attempt:
    return on_begin_attempt;
  case call::put_chunks:
  case call::put_graph:
  case call::put_transcript:
  case call::put_telemetry:
    return on_tolerated;
  case call::knowledge_tools:
    return on_knowledge_tools;
  case call::produce_inline:
  case call::produce_review:
    return on_produced;
  case call::daemon_start:
  case call::daemon_complete:
  case call::daemon_fail:
    return on_daemon_report;
  case call::daemon_status:
    return on_daemon_status;
  case call::create_task:
    return on_create_task;
  case call::list_tasks:
    return on_list_tasks;
  case call::read_task:
    return on_read_task;
  case call::cancel_task:
    return on_cancel_task;
  case call::retry_task:
    return on_retry_task;
  case call::read_stats:
    return on_read_stats;
  case call::list_causes:
    return on_list_causes;
  case call::read_cause:
    return on_read_cause;
  case call::list_runners:
    return on_list_runners;
  case call::stream_events:
    return on_stream_events;
  case call::list_chat_sessions:
    return on_list_chat_sessions;
  case call::read_chat_session:
    return on_read_chat_session;
  case call::bind_chat_session:
    return on_bind_chat_session;
  case call::unbind_chat_session:
    return on_unbind_chat_session;
  case call::list_routes:
    return on_list_routes;
  case call::test_routes:
    return on_test_routes;
  case call::list_deliveries:
    return on_list_deliveries;
  case call::redeliver:
    return on_redeliver;
  case call::redeliver_dead:
    return on_redeliver_dead;
  case call::list_mutes:
    return on_list_mutes;
  case call::put_mute:
    return on_put_mute;
  case call::clear_mute:
    return on_clear_mute;
  case call::redact_text:
    return on_redact_text;
  case call::list_failure_reasons:
    return on_list_failure_reasons;
  case call::readiness:
    return on_readiness;
  case call::open_session:
    return on_open_session;
  case call::read_session:
    return on_read_session;
  case call::close_session:
    return on_close_session;
  // These the edge answers by itself.
  case call::report_status:
  case call::health:
  case call::metrics:
  case call::openapi:
  case call::page_home:
  case call::page_runs:
  case call::page_run:
  case call::page_failures:
    return nullptr;
  }
  return nullptr;
}

void on_http_call(gateway_self self, http_call& message) {
  const bool is_open =
      operation_of(static_cast<call>(message.what)).needs == scope::open;
  if (is_open || message.caller.session.empty())
    handle_call(self, message);
  else
    identify_caller(self, message);
}

void on_drain_requests(gateway_self self) {
  drain_claims(self);
  self->state.sessions.close_all();
}

void on_reports_settled(gateway_self self, reports_settled& settled) {
  std::vector<http::answer> ready;
  std::map<ec, double> results;
  ready.reserve(settled.batch->size());
  for (auto& flight : *settled.batch) {
    ++results[flight.result];
    if (const auto waiter = std::static_pointer_cast<report_waiter>(
            std::exchange(flight.reply.waiter, nullptr)))
      waiter->settle(flight, ready);
  }
  // Counted here alone, where all reports pass, and before they are answered.
  if (const auto& counters = self->state.counters)
    for (const auto& [result, count] : results)
      counters->add(counter::reports_total,
                    result == ec::none ? "ok" : to_string(result), count);
  if (!ready.empty())
    self->state.edge->respond_all(std::move(ready));
}

void on_events_published(gateway_self self, const events_published& news) {
  auto& state = self->state;
  if (state.subscribed)
    mend_gap(self, news);
  state.sessions.publish(news.events);
  for (const auto& event : news.events)
    announce_event(self, event);
  tend_claims(self);
}

void on_options_changed(gateway_self self,
                        const options_changed<gateway_options>& what) {
  self->state.options = what.options;
}

/// What a token began ends with it.
void on_access_changed(gateway_self self, const access_rules_ptr& rules) {
  auto& state = self->state;
  state.access = rules;
  state.edge->use(rules);
  revoke_claims(self, *rules);
  state.sessions.revoke(*rules);
}

void on_tick(gateway_self self) {
  auto& state = self->state;
  if (!state.timer.fired(self))
    return;
  tick_subscription(self);
  tick_streams(self);
  tick_claims(self);
  // One timer for all of them: whatever is still to come is asked for anew.
  arm(self, state.next_subscription);
  if (state.sessions.size() > 0)
    arm(self, state.next_beat);
}

} // namespace

void handle_call(gateway_self self, http_call& message) {
  const auto what = static_cast<call>(message.what);
  if (is_recorded(operation_of(what)))
    reply_of(message)->record(describe_change(message));
  if (const auto handle = handler_of(what))
    handle(self, message);
  else
    reply_of(message)->respond(problem(ec::not_found));
}

bool is_attempt_over(const task_found& found, std::uint32_t number,
                     std::chrono::milliseconds lease_and_grace) {
  const auto& task = found.task;
  if (task.attempt > number)
    return true;
  const auto own =
      std::ranges::find(found.attempts, number, &attempt_record::number);
  auto ended = task.completed_at;
  if (own != found.attempts.end() && own->ended_at)
    ended = own->ended_at;
  return ended && *ended + lease_and_grace < found.found_at;
}

bool is_over(gateway_self self, const principal& who, const task_found& found) {
  const auto& options = self->state.options;
  return who.task
         && is_attempt_over(found, who.attempt,
                            options.lease + options.lease_grace);
}

http::response problem_of(const caf::error& error) {
  if (error == caf::sec::request_timeout)
    return problem(ec::database_unavailable);
  const auto code = code_of(error);
  if (code == ec::internal_error || code == ec::none)
    return problem(ec::internal_error);
  return problem(code, explain(error));
}

bool may_dispatch(const principal& who, const task_record& task) {
  return who.dispatch || (who.create && who.name == task.created_by);
}

bool bind_attempt(status_report& report, const principal& who) {
  if (!who.task)
    return true;
  if (report.task != *who.task
      || (report.attempt && *report.attempt != who.attempt))
    return false;
  report.attempt = who.attempt;
  if (who.attempt_runner.empty())
    return true;
  if (report.runner && *report.runner != who.attempt_runner)
    return false;
  report.runner = who.attempt_runner;
  return true;
}

void arm(gateway_self self, gateway_state::time_point when) {
  self->state.timer.bring_forward(self, when);
}

call_ticket ticket_of(gateway_self self, const pending_reply_ptr& reply,
                      std::chrono::seconds patience) {
  const auto now = self->clock().now();
  return {reply->gone_flag(), now + half_closed_patience, now + patience};
}

gateway_actor::behavior_type
gateway(gateway_actor::stateful_pointer<gateway_state> self,
        gateway_peers peers, gateway_setup setup, edge_link_ptr edge,
        counter_board_ptr counters) {
  auto& state = self->state;
  state.peers = std::move(peers);
  state.setup = std::move(setup);
  state.edge = std::move(edge);
  state.counters = std::move(counters);
  state.timer.observe(state.counters, state.name);
  state.sessions.observe(state.counters);
  subscribe(self);
  return {
      [=](http_call& call) { on_http_call(self, call); },
      [=](const client_gone& what) { on_client_gone(self, what); },
      [=](const stream_changed& what) { on_stream_changed(self, what); },
      [=](const drain_requests&) { on_drain_requests(self); },
      [=](reports_settled& settled) { on_reports_settled(self, settled); },
      [=](const events_published& news) { on_events_published(self, news); },
      [=](const options_changed<gateway_options>& what) {
        on_options_changed(self, what);
      },
      [=](const options_changed<access_rules_ptr>& what) {
        on_access_changed(self, what.options);
      },
      [=](const gateway_tick&) { on_tick(self); },
  };
}

} // namespace telltale
