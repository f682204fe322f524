#pragma once

#include <map>
#include <string>

#include <caf/allowed_unsafe_message_type.hpp>
#include <caf/fwd.hpp>
#include <caf/replies_to.hpp>
#include <caf/typed_actor.hpp>

#include "messages/causes.hpp"
#include "messages/deliveries.hpp"
#include "messages/gateway_options.hpp"
#include "messages/http_call.hpp"
#include "messages/in_process.hpp"
#include "messages/options.hpp"
#include "messages/page_sessions.hpp"
#include "messages/readiness.hpp"
#include "messages/redaction.hpp"
#include "messages/routes.hpp"
#include "messages/runners.hpp"
#include "messages/search.hpp"
#include "messages/statistics.hpp"
#include "messages/status_report.hpp"
#include "messages/store.hpp"
#include "messages/ticks.hpp"

// Every actor's protocol on one page. Messages stay inside the process:
// replicas of the service meet in PostgreSQL, never over a network of actors.
//
//   runner -> gateway -> status_intake -> redaction -> status_intake
//          -> report_store ---\  committed: task, attempt, event, deliveries
//                              >-> failed_task_payload -> relay -> chat
//   clock -> reaper            |                     \-> event_stream
//          -> sweep_store -----/                          -> subscribers
//
// What is read again, a delivery after a crash or the log for a stream that
// resumes, is asked of failed_task_payload too: the stores give facts, and it
// alone makes of them what is told.

namespace telltale {

/// Opens raw text. One per writer; the only actor that may.
using redaction_actor = caf::typed_actor<
    // A batch of reports on its way; comes back as `reports_redacted` to the
    // intake that the message names, in the order of arrival.
    caf::reacts_to<redact_reports>,
    // Raw texts from elsewhere (a new task's title, a person's question).
    caf::replies_to<redact_texts>::with<texts_redacted>,
    // Stored texts for a narrower audience.
    caf::replies_to<narrow_texts>::with<texts_redacted>,
    // Values that a claim registers, for the store to keep.
    caf::replies_to<seal_masks>::with<masks_sealed>,
    // From the system: what masks from now on.
    caf::reacts_to<options_changed<redaction_engine_ptr>>>;

/// Turns runners' reports into validated, redacted, classified ones.
using status_intake_actor = caf::typed_actor<
    // From the gateway: reports as they came, one message per turn of its loop.
    caf::reacts_to<reports_received>,
    // From redaction: their texts are clean now.
    caf::reacts_to<reports_redacted>,
    // From a report store: their tasks have more values to mask.
    caf::reacts_to<masks_missed>>;

/// Commits batches of reports: one connection, one batch in flight;
/// what arrives meanwhile goes into the next transaction.
using report_store_actor = caf::typed_actor<
    // Ends as `reports_settled` at the waiter that the message names.
    caf::reacts_to<commit_reports>,
    // To itself, and from the writer before it: there is something to write.
    caf::reacts_to<flush_reports>,
    // To itself: reports have gathered or waited long enough, or the database
    // may be back.
    caf::reacts_to<flush_tick>,
    // From the system.
    caf::reacts_to<options_changed<task_rules_ptr>>>;

/// Changes tasks as people ask for it. New tasks that arrive together become
/// one transaction.
using task_commands_actor =
    caf::typed_actor<caf::replies_to<create_task>::with<task_created>,
                     caf::replies_to<cancel_task>::with<task_changed>,
                     caf::replies_to<retry_task>::with<task_changed>,
                     // To itself: new tasks that have gathered.
                     caf::reacts_to<flush_creates>,
                     // From the system.
                     caf::reacts_to<options_changed<task_rules_ptr>>>;

/// Gives queued tasks to runners. Claims that arrive together become one
/// transaction.
using claim_dispatcher_actor = caf::typed_actor<
    // Fails with `call_expired` if nobody waits for it any more.
    caf::replies_to<claim_tasks>::with<tasks_claimed>,
    // Of a claim whose answer reached nobody.
    caf::replies_to<return_tasks>::with<tasks_returned>,
    // To itself: claims that have gathered.
    caf::reacts_to<flush_claims>,
    // From the system.
    caf::reacts_to<options_changed<task_rules_ptr>>>;

/// Knows the runners that register by themselves.
using runner_registry_actor =
    caf::typed_actor<caf::replies_to<register_runtimes>::with<runtimes_found>,
                     caf::replies_to<deregister_runtimes>::with<runtimes_found>,
                     caf::replies_to<find_runtimes>::with<runtimes_found>>;

/// Commits heartbeats: those that arrive together become one transaction.
using heartbeat_store_actor = runner_registry_actor::extend<
    // From the gateway; answered once the lease is renewed.
    caf::replies_to<beat_heart>::with<heart_beaten>,
    // To itself: those that have gathered.
    caf::reacts_to<flush_beats>,
    // From the system.
    caf::reacts_to<options_changed<task_rules_ptr>>>;

/// Settles what went silent, and checks that what is stored is true.
using sweep_store_actor =
    caf::typed_actor<caf::replies_to<sweep_tasks>::with<tasks_swept>,
                     caf::replies_to<check_truth>::with<truth_checked>,
                     // From the system.
                     caf::reacts_to<options_changed<task_rules_ptr>>>;

/// Deletes what is old.
using retention_store_actor =
    caf::typed_actor<caf::replies_to<prune_old>::with<old_pruned>>;

/// Writes the index of words that searches ask.
using search_store_actor =
    caf::typed_actor<caf::replies_to<index_words>::with<words_indexed>>;

/// Reads for people and pages.
using task_query_actor =
    caf::typed_actor<caf::replies_to<find_task>::with<task_found>,
                     caf::replies_to<list_tasks>::with<tasks_listed>,
                     caf::replies_to<list_deliveries>::with<deliveries_listed>,
                     caf::replies_to<check_store>::with<store_checked>>;

/// Counts for people and pages, apart from other reads: a count may take long.
using statistics_actor =
    caf::typed_actor<caf::replies_to<read_stats>::with<stats_read>,
                     caf::replies_to<list_causes>::with<causes_listed>,
                     caf::replies_to<list_runners>::with<runners_listed>>;

/// Which chat a chat session is bound to, and who is told beside those.
using chat_store_actor =
    caf::typed_actor<caf::replies_to<bind_chat>::with<chats_listed>,
                     caf::replies_to<unbind_chat>::with<chats_listed>,
                     caf::replies_to<list_chats>::with<chats_listed>,
                     caf::replies_to<ask_routes>::with<routes_told>,
                     caf::reacts_to<options_changed<task_rules_ptr>>>;

/// The event log.
using event_log_actor =
    caf::typed_actor<caf::replies_to<read_events>::with<events_found>>;

/// The deliveries of all relays, on their way.
using delivery_store_actor = caf::typed_actor<
    // From failed_task_payload, for a relay.
    caf::replies_to<take_deliveries>::with<deliveries_leased>,
    // From a relay, while it sends what was written with a short lease.
    caf::replies_to<renew_leases>::with<leases_renewed>,
    // From a relay, before it sends a message that tells several.
    caf::replies_to<gather_deliveries>::with<deliveries_gathered>,
    // From a relay, and for leases that nobody here can use.
    caf::replies_to<record_deliveries>::with<deliveries_recorded>,
    // From the composition root: at the start, and when relays were taken away.
    caf::replies_to<configured_relays>::with<unconfigured_ended>>;

/// The same deliveries, as people look after them.
using redelivery_store_actor =
    caf::typed_actor<caf::replies_to<redeliver>::with<redelivery_queued>,
                     caf::replies_to<redeliver_dead>::with<dead_requeued>,
                     caf::replies_to<read_backlog>::with<backlog_read>>;

/// Who has signed in to the page.
using session_store_actor =
    caf::typed_actor<caf::replies_to<begin_session>::with<session_begun>,
                     caf::replies_to<find_session>::with<session_found>,
                     caf::replies_to<end_session>::with<session_ended>>;

/// What operators hold back.
using mute_store_actor =
    caf::typed_actor<caf::replies_to<put_mute>::with<mute_put>,
                     caf::replies_to<clear_mute>::with<mute_cleared>,
                     caf::replies_to<list_mutes>::with<mutes_listed>>;

/// Finds what went silent and has it settled.
using reaper_actor = caf::typed_actor<
    // To itself, every `reaper.tick`.
    caf::reacts_to<reap_now>,
    // To itself, every minute: are the truth invariants kept?
    caf::reacts_to<check_truth_now>,
    // A runner says that it restarted: nobody works on its tasks.
    caf::replies_to<runner_recovered>::with<tasks_swept>,
    // A runner's daemon says that it goes.
    caf::replies_to<runner_left>::with<tasks_swept>,
    // From the system.
    caf::reacts_to<options_changed<reaper_options_ptr>>>;

/// Keeps what is known of the database: whether it answers and has room.
using readiness_actor = caf::typed_actor<
    // From the gateway; answered soon, whatever the database does.
    caf::replies_to<read_readiness>::with<readiness_read>,
    // From connections: the database had no room.
    caf::reacts_to<database_refused>,
    // From relays: a credential is refused, or accepted again.
    caf::reacts_to<relay_paused>,
    // To itself: ask again, or see that the last question waits too long.
    caf::reacts_to<watch_database>>;

/// Has what is old deleted, a little at a time.
using retention_actor = caf::typed_actor<
    // To itself: once an hour, and again while there is more.
    caf::reacts_to<prune_now>,
    // From the system.
    caf::reacts_to<options_changed<retention_options_ptr>>>;

/// Has the words of finished tasks indexed, a little at a time.
using search_actor = caf::typed_actor<
    // To itself: every few seconds, and again while there is more.
    caf::reacts_to<index_now>>;

/// One relay target's deliveries.
using relay_actor = caf::typed_actor<
    // From failed_task_payload: to be made at once.
    caf::reacts_to<notices_due>,
    // There may be something to take.
    caf::reacts_to<deliveries_due>,
    // From the HTTP client: what came of a request.
    caf::reacts_to<request_answered>,
    // To itself: results that wait to be recorded, timers, pacing.
    caf::reacts_to<relay_tick>>;

/// The relays that are configured now, by name.
struct running_relays {
  std::map<std::string, relay_actor> by_name;
};

} // namespace telltale

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(
    telltale::options_changed<telltale::running_relays>)

namespace telltale {

/// Has relays look for what they may send, here and on other replicas.
using relay_waker_actor = caf::typed_actor<
    // From the gateway: something was queued again, or a mute has ended.
    caf::reacts_to<deliveries_waiting>>;

/// Says to the other replicas that there is news, and hears it of them.
using replicas_actor = caf::typed_actor<
    // From failed_task_payload, after events were committed here.
    caf::reacts_to<notify_replicas>,
    // From the gateway: a mute or redelivery concerns these relays.
    caf::reacts_to<deliveries_waiting>,
    // From its connection: another replica has news.
    caf::reacts_to<replica_published>,
    // From the composition root.
    caf::reacts_to<options_changed<running_relays>>>;

/// Whom failed_task_payload asks and tells. Most of them need it first.
struct payload_peers {
  event_log_actor log;
  delivery_store_actor deliveries;
  event_listener_handle stream;
  replicas_actor replicas;
  std::map<std::string, relay_actor> relays; ///< those configured now, by name
};

} // namespace telltale

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(
    telltale::options_changed<telltale::payload_peers>)

namespace telltale {

/// Where both failure paths meet; makes every payload.
using failed_task_payload_actor = caf::typed_actor<
    // From the stores, right after a commit.
    caf::reacts_to<events_committed>,
    // From a relay: what else is due, from before or from elsewhere.
    caf::replies_to<take_deliveries>::with<deliveries_taken>,
    // From the event stream, for those who resume.
    caf::replies_to<read_events>::with<events_read>,
    // From the event stream.
    caf::reacts_to<envelopes_wanted>,
    // From the composition root.
    caf::reacts_to<options_changed<payload_peers>>>;

/// Who hears of published events inside the process.
using event_listener_actor = caf::typed_actor<caf::reacts_to<events_published>>;

/// Fans published events out, with resume.
using event_stream_actor = caf::typed_actor<
    // From failed_task_payload, right after their publication.
    caf::reacts_to<events_published>,
    // Everything after a position, then what comes. Answered once with the
    // events that are there; the rest follows as `events_published`.
    caf::replies_to<subscribe_events>::with<events_read>,
    // From the other replicas: the log may have more.
    caf::reacts_to<replica_published>,
    // To itself: look for what other replicas published.
    caf::reacts_to<poll_events>,
    // To itself: pass on what was gathered.
    caf::reacts_to<pass_events>>;

/// Who waits for reports to be settled.
using report_waiter_actor = caf::typed_actor<caf::reacts_to<reports_settled>>;

/// Who answers HTTP requests. All of it comes from the HTTP edge.
using request_handler_actor = caf::typed_actor<
    // One parsed request.
    caf::reacts_to<http_call>,
    // The client of a request that waits has gone.
    caf::reacts_to<client_gone>,
    // An event stream has room again, or its client has gone.
    caf::reacts_to<stream_changed>,
    // The service stops.
    caf::reacts_to<drain_requests>>;

/// Requests to messages and back.
using gateway_actor = request_handler_actor
    // From the writers: answer these.
    ::extend_with<report_waiter_actor>
    // From the event stream: claims may be served, browsers told.
    ::extend_with<event_listener_actor>::extend<
        // From the system, at the start and after a reload.
        caf::reacts_to<options_changed<gateway_options>>,
        // From the system, at the start and after a reload: who may ask for
        // what.
        caf::reacts_to<options_changed<access_rules_ptr>>,
        // To itself: deadlines of parked claims, heartbeats of streams.
        caf::reacts_to<gateway_tick>>;

} // namespace telltale
