#pragma once

#include <caf/allowed_unsafe_message_type.hpp>

#include "messages/deliveries.hpp"
#include "messages/http_call.hpp"
#include "messages/mutes.hpp"
#include "messages/readiness.hpp"
#include "messages/redaction.hpp"
#include "messages/search.hpp"
#include "messages/statistics.hpp"
#include "messages/status_report.hpp"
#include "messages/store.hpp"
#include "messages/ticks.hpp"

// Messages that never leave the process need no serialiser (docs/adr/0002).
// CAF wants each of them named; a type that is missing here does not compile as
// part of a protocol.

#define TELLTALE_IN_PROCESS(type) CAF_ALLOW_UNSAFE_MESSAGE_TYPE(telltale::type)

TELLTALE_IN_PROCESS(http_call)
TELLTALE_IN_PROCESS(redact_texts)
TELLTALE_IN_PROCESS(narrow_texts)
TELLTALE_IN_PROCESS(texts_redacted)
TELLTALE_IN_PROCESS(seal_masks)
TELLTALE_IN_PROCESS(masks_sealed)
TELLTALE_IN_PROCESS(reports_received)
TELLTALE_IN_PROCESS(redact_reports)
TELLTALE_IN_PROCESS(reports_redacted)
TELLTALE_IN_PROCESS(masks_missed)
TELLTALE_IN_PROCESS(commit_reports)
TELLTALE_IN_PROCESS(reports_settled)
TELLTALE_IN_PROCESS(flush_reports)
TELLTALE_IN_PROCESS(flush_beats)
TELLTALE_IN_PROCESS(create_task)
TELLTALE_IN_PROCESS(task_created)
TELLTALE_IN_PROCESS(cancel_task)
TELLTALE_IN_PROCESS(retry_task)
TELLTALE_IN_PROCESS(task_changed)
TELLTALE_IN_PROCESS(claim_tasks)
TELLTALE_IN_PROCESS(tasks_claimed)
TELLTALE_IN_PROCESS(return_tasks)
TELLTALE_IN_PROCESS(tasks_returned)
TELLTALE_IN_PROCESS(beat_heart)
TELLTALE_IN_PROCESS(heart_beaten)
TELLTALE_IN_PROCESS(sweep_tasks)
TELLTALE_IN_PROCESS(tasks_swept)
TELLTALE_IN_PROCESS(check_truth)
TELLTALE_IN_PROCESS(truth_checked)
TELLTALE_IN_PROCESS(prune_old)
TELLTALE_IN_PROCESS(old_pruned)
TELLTALE_IN_PROCESS(index_words)
TELLTALE_IN_PROCESS(words_indexed)
TELLTALE_IN_PROCESS(find_task)
TELLTALE_IN_PROCESS(task_found)
TELLTALE_IN_PROCESS(list_tasks)
TELLTALE_IN_PROCESS(tasks_listed)
TELLTALE_IN_PROCESS(list_deliveries)
TELLTALE_IN_PROCESS(deliveries_listed)
TELLTALE_IN_PROCESS(read_stats)
TELLTALE_IN_PROCESS(stats_read)
TELLTALE_IN_PROCESS(list_runners)
TELLTALE_IN_PROCESS(runners_listed)
TELLTALE_IN_PROCESS(check_store)
TELLTALE_IN_PROCESS(store_checked)
TELLTALE_IN_PROCESS(read_readiness)
TELLTALE_IN_PROCESS(readiness_read)
TELLTALE_IN_PROCESS(database_refused)
TELLTALE_IN_PROCESS(watch_database)
TELLTALE_IN_PROCESS(bind_chat)
TELLTALE_IN_PROCESS(unbind_chat)
TELLTALE_IN_PROCESS(list_chats)
TELLTALE_IN_PROCESS(chats_listed)
TELLTALE_IN_PROCESS(publish_events)
TELLTALE_IN_PROCESS(events_stored)
TELLTALE_IN_PROCESS(take_unpublished)
TELLTALE_IN_PROCESS(unpublished_taken)
TELLTALE_IN_PROCESS(read_events)
TELLTALE_IN_PROCESS(events_read)
TELLTALE_IN_PROCESS(take_deliveries)
TELLTALE_IN_PROCESS(deliveries_taken)
TELLTALE_IN_PROCESS(record_deliveries)
TELLTALE_IN_PROCESS(deliveries_recorded)
TELLTALE_IN_PROCESS(redeliver)
TELLTALE_IN_PROCESS(redelivery_queued)
TELLTALE_IN_PROCESS(redeliver_dead)
TELLTALE_IN_PROCESS(dead_requeued)
TELLTALE_IN_PROCESS(read_backlog)
TELLTALE_IN_PROCESS(backlog_read)
TELLTALE_IN_PROCESS(put_mute)
TELLTALE_IN_PROCESS(mute_put)
TELLTALE_IN_PROCESS(clear_mute)
TELLTALE_IN_PROCESS(mute_cleared)
TELLTALE_IN_PROCESS(list_mutes)
TELLTALE_IN_PROCESS(mutes_listed)
TELLTALE_IN_PROCESS(reap_now)
TELLTALE_IN_PROCESS(check_truth_now)
TELLTALE_IN_PROCESS(prune_now)
TELLTALE_IN_PROCESS(index_now)
TELLTALE_IN_PROCESS(runner_recovered)
TELLTALE_IN_PROCESS(events_committed)
TELLTALE_IN_PROCESS(publish_backlog)
TELLTALE_IN_PROCESS(deliveries_due)
TELLTALE_IN_PROCESS(delivery_tried)
TELLTALE_IN_PROCESS(relay_tick)
TELLTALE_IN_PROCESS(events_published)
TELLTALE_IN_PROCESS(subscribe_events)
TELLTALE_IN_PROCESS(poll_events)
TELLTALE_IN_PROCESS(gateway_tick)

#undef TELLTALE_IN_PROCESS
