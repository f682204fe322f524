#pragma once

#include <chrono>
#include <memory>
#include <utility>

#include <caf/error.hpp>
#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include "actors/gateway/gateway.hpp"
#include "actors/gateway/reply.hpp"
#include "actors/gateway/router.hpp"
#include "actors/gateway/wire/wire.hpp"
#include "messages/http_call.hpp"

// The gateway actor's calls, by theme. For this folder alone.

namespace telltale {

using gateway_self = gateway_actor::stateful_pointer<gateway_state>;

/// How long a question that may be asked again without harm may take: a
/// database that hangs is told as one that is away. Changes of tasks wait as
/// long as they take, since nobody could say what became of them.
inline constexpr std::chrono::seconds read_patience{10};

/// A client that has ended its side of the connection may still listen for this
/// long. Claims do not count on it: a task must not go to nobody.
inline constexpr std::chrono::seconds half_closed_patience{1};

/// How long the keeper of readiness may take, which gives up on the database
/// after a second.
inline constexpr std::chrono::milliseconds readiness_patience{1500};

/// The problem that answers an error of another actor.
[[nodiscard]] http::response problem_of(const caf::error& error);

/// Has an attempt's own token come to its end, so that it speaks for nothing
/// any more? A newer attempt has begun, or this one ended, and its lease and
/// the grace are over. Pure.
[[nodiscard]] bool is_attempt_over(const task_found& found,
                                   std::uint32_t number,
                                   std::chrono::milliseconds lease_and_grace);
/// The same by the gateway's options.
[[nodiscard]] bool is_over(gateway_self self, const principal& who,
                           const task_found& found);

/// May a caller begin attempts of this task? With the scope `create`, of tasks
/// that it made itself.
[[nodiscard]] bool may_dispatch(const principal& who, const task_record& task);

/// Ties a report to the attempt whose token came with it. False if the report
/// speaks of another one.
[[nodiscard]] bool bind_attempt(status_report& report, const principal& who);

/// What a request's reply token points to.
[[nodiscard]] inline pending_reply_ptr reply_of(const reply_token& token) {
  return std::static_pointer_cast<pending_reply>(token.waiter);
}

[[nodiscard]] inline pending_reply_ptr reply_of(const http_call& call) {
  return reply_of(call.reply);
}

/// An error handler that answers a request.
[[nodiscard]] inline auto fail_to(pending_reply_ptr reply) {
  return [reply = std::move(reply)](caf::error& error) {
    reply->respond(problem_of(error));
  };
}

/// Has a `gateway_tick` come at this time, or a little later.
void arm(gateway_self self, gateway_state::time_point when);

/// Lets a store leave a call alone whose client does not wait for it.
[[nodiscard]] call_ticket ticket_of(gateway_self self,
                                    const pending_reply_ptr& reply,
                                    std::chrono::seconds patience);

// gateway.cpp
/// A request whose caller is known and may ask for it.
void handle_call(gateway_self self, http_call& message);

// calls_session.cpp
/// Finds who has the session of a request, and handles it if they may ask.
void identify_caller(gateway_self self, http_call& message);
void on_open_session(gateway_self self, http_call& call);
void on_read_session(gateway_self self, http_call& call);
void on_close_session(gateway_self self, http_call& call);

// calls_tasks.cpp
void on_create_task(gateway_self self, http_call& call);
void on_list_tasks(gateway_self self, http_call& call);
void on_read_task(gateway_self self, http_call& call);
void on_cancel_task(gateway_self self, http_call& call);
void on_retry_task(gateway_self self, http_call& call);

// calls_stats.cpp
void on_read_stats(gateway_self self, http_call& call);
void on_list_runners(gateway_self self, http_call& call);
void on_list_causes(gateway_self self, http_call& call);
void on_read_cause(gateway_self self, http_call& call);

// calls_runner.cpp
void on_claim_tasks(gateway_self self, http_call& call);
void on_read_status(gateway_self self, http_call& call);
void on_heartbeat(gateway_self self, http_call& call);
void on_recover(gateway_self self, http_call& call);
/// Tells long polls of a task that is queued; `tend_claims` is to follow.
void announce_task(gateway_self self, const task_record& task);
/// The same of a task that an event speaks of.
void announce_event(gateway_self self, const published_event& event);
/// Sends the questions of long polls that have one. After every change of
/// `gateway_state::claims`.
void tend_claims(gateway_self self);
/// Answers long polls whose time is over, and looks for what has come due.
void tick_claims(gateway_self self);
void drain_claims(gateway_self self);
/// Ends long polls whose token is none any more.
void revoke_claims(gateway_self self, const access_rules& rules);
/// A claim's place in the line is free if its client has gone.
void on_client_gone(gateway_self self, const client_gone& what);
/// A question about a task is a sign of life of the runner that works on it,
/// and renews its lease. `number` is the attempt that was spoken for; 0: none
/// was named.
void keep_alive(gateway_self self, const task_found& found,
                std::uint32_t number);
/// Nobody is there any more to work on these.
void give_back(gateway_self self, const tasks_claimed& got);

// calls_reports.cpp
void on_report_many(gateway_self self, http_call& call);
/// Has one report settled by all that follow; `waiter` hears of it.
void send_report(gateway_self self, status_report report,
                 std::shared_ptr<report_waiter> waiter);

// calls_daemon.cpp
void on_renew_token(gateway_self self, http_call& call);
void on_daemon_workspaces(gateway_self self, http_call& call);
void on_daemon_workspace(gateway_self self, http_call& call);
void on_daemon_register(gateway_self self, http_call& call);
void on_daemon_heartbeat(gateway_self self, http_call& call);
void on_daemon_recover(gateway_self self, http_call& call);
void on_daemon_deregister(gateway_self self, http_call& call);
void on_daemon_gc(gateway_self self, http_call& call);
void on_daemon_issues_gc(gateway_self self, http_call& call);

// calls_daemon_claim.cpp
void on_daemon_claim(gateway_self self, http_call& call);
void on_daemon_claim_one(gateway_self self, http_call& call);

// calls_daemon_task.cpp
void on_daemon_report(gateway_self self, http_call& call);
void on_daemon_remark(gateway_self self, http_call& call);
void on_daemon_sign(gateway_self self, http_call& call);
void on_daemon_bundles(gateway_self self, http_call& call);
void on_daemon_status(gateway_self self, http_call& call);
void on_daemon_task_gc(gateway_self self, http_call& call);

// calls_job.cpp
void on_read_context(gateway_self self, http_call& call);
void on_begin_attempt(gateway_self self, http_call& call);
void on_tolerated(gateway_self self, http_call& call);
void on_knowledge_tools(gateway_self self, http_call& call);
void on_produced(gateway_self self, http_call& call);

// calls_chat.cpp
void on_list_chat_sessions(gateway_self self, http_call& call);
void on_read_chat_session(gateway_self self, http_call& call);
void on_bind_chat_session(gateway_self self, http_call& call);
void on_unbind_chat_session(gateway_self self, http_call& call);
void on_redact_text(gateway_self self, http_call& call);
void on_list_failure_reasons(gateway_self self, http_call& call);
void on_readiness(gateway_self self, http_call& call);

// calls_routes.cpp
void on_list_routes(gateway_self self, http_call& call);
void on_test_routes(gateway_self self, http_call& call);

// calls_deliveries.cpp
void on_list_deliveries(gateway_self self, http_call& call);
void on_redeliver(gateway_self self, http_call& call);
void on_redeliver_dead(gateway_self self, http_call& call);
void on_list_mutes(gateway_self self, http_call& call);
void on_put_mute(gateway_self self, http_call& call);
void on_clear_mute(gateway_self self, http_call& call);

// calls_events.cpp
void on_stream_events(gateway_self self, http_call& call);
/// Has this actor hear of events, from now on and again every second.
void subscribe(gateway_self self);
void tick_subscription(gateway_self self);
/// To be called before `news` are passed on: if they leave out events that
/// never came, open streams get them from the log and waiting claims ask again.
void mend_gap(gateway_self self, const events_published& news);
/// An open stream has room again, or its client has gone.
void on_stream_changed(gateway_self self, const stream_changed& what);
void tick_streams(gateway_self self);

} // namespace telltale
