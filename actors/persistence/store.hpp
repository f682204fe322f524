#pragma once

#include <span>
#include <utility>
#include <vector>

#include <caf/expected.hpp>

#include "messages/causes.hpp"
#include "messages/deliveries.hpp"
#include "messages/event.hpp"
#include "messages/page_sessions.hpp"
#include "messages/runners.hpp"
#include "messages/search.hpp"
#include "messages/statistics.hpp"
#include "messages/status_report.hpp"
#include "messages/store.hpp"

// The ports of persistence: what a store can do, in the words of the messages.
// A store belongs to one thread. Its calls block. An error means that nothing
// was changed, or that nobody knows (`database_unavailable`): every call may be
// repeated, since every write is guarded by the state it expects.

namespace telltale {

struct task_rules;

/// An answer with the events that its transaction wrote.
template <class T> struct committed {
  T answer;
  std::vector<committed_event> events;
};

/// The one answer of a call for many that was made for one.
template <class T> caf::expected<committed<T>>
only(caf::expected<committed<std::vector<caf::expected<T>>>> done) {
  if (!done)
    return std::move(done.error());
  auto& answer = done->answer.front();
  if (!answer)
    return std::move(answer.error());
  return committed<T>{*std::move(answer), std::move(done->events)};
}

/// What people do to tasks.
class task_command_store {
public:
  virtual ~task_command_store() = default;

  /// Makes tasks in one transaction, in their order, with one answer for each.
  /// A create without a key fails alone with `call_expired`, and makes nothing,
  /// if nobody waits for it any more when it could be committed.
  virtual caf::expected<committed<std::vector<caf::expected<task_created>>>>
      create_all(std::span<const create_task>) = 0;
  caf::expected<committed<task_created>> create(const create_task& what);

  virtual caf::expected<committed<task_changed>> cancel(const cancel_task&) = 0;
  virtual caf::expected<committed<task_changed>> retry(const retry_task&) = 0;

  /// What decides from the next call on.
  virtual void use(const task_rules& rules) = 0;
};

/// How queued tasks come to runners.
class claim_store {
public:
  virtual ~claim_store() = default;

  /// Carries out claims in one transaction, with one answer for each; those
  /// that want the same kinds are served in their order. A claim fails alone
  /// with `call_expired`, and takes nothing, if nobody waits for it any more
  /// when it could be committed.
  virtual caf::expected<committed<std::vector<caf::expected<tasks_claimed>>>>
      claim_all(std::span<const claim_tasks>) = 0;
  caf::expected<committed<tasks_claimed>> claim(const claim_tasks& what);

  /// Fails with nothing but the database: what is not the claim's any more is
  /// passed over.
  virtual caf::expected<committed<tasks_returned>>
  give_back(const return_tasks&) = 0;

  /// What decides from the next call on.
  virtual void use(const task_rules& rules) = 0;
};

inline caf::expected<committed<task_created>>
task_command_store::create(const create_task& what) {
  return only(create_all({&what, 1}));
}

inline caf::expected<committed<tasks_claimed>>
claim_store::claim(const claim_tasks& what) {
  return only(claim_all({&what, 1}));
}

/// What runners report.
class report_writer {
public:
  virtual ~report_writer() = default;

  /// Applies reports in order, in as few transactions as their ids allow, and
  /// sets `result`, `effect` and `attempt` of each. One that is refused, or
  /// that the database cannot take, fails alone. One that was masked with less
  /// than the task has fails with `masks_unknown` and leaves no trace.
  virtual caf::expected<std::vector<committed_event>>
  apply(std::vector<pending_report>& batch) = 0;

  /// What these tasks have of values to mask; tasks without any are left out.
  virtual caf::expected<std::vector<task_masks>>
  masks(const std::vector<task_id>& tasks) = 0;

  /// What decides from the next call on.
  virtual void use(const task_rules& rules) = 0;
};

/// Runners' signs of life, and the runners that register by themselves.
class heartbeats {
public:
  virtual ~heartbeats() = default;

  /// One answer per heartbeat, in their order.
  virtual caf::expected<committed<std::vector<heart_beaten>>>
  beat(const std::vector<beat_heart>&) = 0;

  /// Each with its id: the same for the same workspace, daemon and provider.
  virtual caf::expected<runtimes_found> enroll(const register_runtimes&) = 0;
  /// Those that were there before.
  virtual caf::expected<runtimes_found> leave(const deregister_runtimes&) = 0;
  virtual caf::expected<runtimes_found> runtimes(const find_runtimes&) = 0;

  /// What decides from the next call on.
  virtual void use(const task_rules& rules) = 0;
};

/// Settles what went silent, and checks what is stored.
class sweeper {
public:
  virtual ~sweeper() = default;

  virtual caf::expected<committed<tasks_swept>> sweep(const sweep_tasks&) = 0;
  virtual caf::expected<truth_checked> check(const check_truth&) = 0;

  /// What decides from the next call on.
  virtual void use(const task_rules& rules) = 0;
};

/// What people read of tasks and of their deliveries.
class task_reader {
public:
  virtual ~task_reader() = default;

  virtual caf::expected<task_found> find(const find_task&) = 0;
  virtual caf::expected<tasks_listed> list(const list_tasks&) = 0;
  virtual caf::expected<deliveries_listed> list(const list_deliveries&) = 0;
  virtual caf::expected<store_checked> check(const check_store&) = 0;
};

/// Which chat hears of which session's runs.
class chat_bindings {
public:
  virtual ~chat_bindings() = default;

  virtual caf::expected<chats_listed> bind(const bind_chat&) = 0;
  virtual caf::expected<chats_listed> unbind(const unbind_chat&) = 0;
  virtual caf::expected<chats_listed> list(const list_chats&) = 0;
};

/// Everything about tasks, attempts, runners and chat sessions, for whoever
/// makes a store.
class task_store : public report_writer,
                   public task_command_store,
                   public claim_store,
                   public heartbeats,
                   public sweeper,
                   public task_reader,
                   public chat_bindings {
public:
  ~task_store() override = default;

  void use(const task_rules& rules) override = 0;

  // Calls that several ports have under one name.
  using chat_bindings::list;
  using sweeper::check;
  using task_reader::check;
  using task_reader::list;
};

/// What is old goes.
class row_pruner {
public:
  virtual ~row_pruner() = default;

  virtual caf::expected<old_pruned> prune(const prune_old&) = 0;
};

/// What searches ask.
class word_indexer {
public:
  virtual ~word_indexer() = default;

  virtual caf::expected<words_indexed> index(const index_words&) = 0;
};

/// Counts over what is stored.
class statistics_store {
public:
  virtual ~statistics_store() = default;

  virtual caf::expected<stats_read> read(const read_stats&) = 0;
  virtual caf::expected<runners_listed> list(const list_runners&) = 0;
  virtual caf::expected<causes_listed> list(const list_causes&) = 0;
};

/// Who has signed in to the page.
class session_list {
public:
  virtual ~session_list() = default;

  virtual caf::expected<session_begun> begin(const begin_session&) = 0;
  virtual caf::expected<session_found> find(const find_session&) = 0;
  virtual caf::expected<session_ended> end(const end_session&) = 0;
};

/// What operators hold back.
class mute_list {
public:
  virtual ~mute_list() = default;

  virtual caf::expected<mute_put> put(const put_mute&) = 0;
  virtual caf::expected<mute_cleared> clear(const clear_mute&) = 0;
  virtual caf::expected<mutes_listed> list(const list_mutes&) = 0;
};

/// The event log.
class event_log_store {
public:
  virtual ~event_log_store() = default;

  virtual caf::expected<events_found> read(const read_events&) = 0;
};

/// Deliveries on their way.
class delivery_store {
public:
  virtual ~delivery_store() = default;

  virtual caf::expected<deliveries_leased> take(const take_deliveries&) = 0;
  virtual caf::expected<leases_renewed> renew(const renew_leases&) = 0;
  virtual caf::expected<deliveries_gathered>
  gather(const gather_deliveries&) = 0;
  /// Writes `delivery:sent` and `delivery:dead` events, which are in the
  /// answer.
  virtual caf::expected<committed<deliveries_recorded>>
  record(const record_deliveries&) = 0;
  /// Pending deliveries of relays that are not among these, at most a thousand;
  /// those that are leased now come later.
  virtual caf::expected<std::vector<record_deliveries>>
  find_unconfigured(const configured_relays&) = 0;
};

/// Deliveries as people look after them.
class redelivery_store {
public:
  virtual ~redelivery_store() = default;

  virtual caf::expected<redelivery_queued> redeliver_one(const redeliver&) = 0;
  virtual caf::expected<dead_requeued> redeliver_all(const redeliver_dead&) = 0;
  virtual caf::expected<backlog_read> read(const read_backlog&) = 0;
};

} // namespace telltale
