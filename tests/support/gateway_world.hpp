#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include "actors/persistence/persistence.hpp"
#include "http/server.hpp"
#include "messages/protocols.hpp"

// A client without a socket, and all actors behind the gateway as a script.
namespace telltale::test {

/// What clients got.
struct client : http::exchange, http::stream {
  std::vector<http::response> answers;
  std::string streamed;
  std::size_t untaken = 0; ///< of what was streamed
  bool reads = true;       ///< takes what is streamed
  bool stalled = false;
  bool closed = false;

  void respond(http::response answer) override {
    answers.push_back(std::move(answer));
  }
  std::shared_ptr<http::stream>
  open_stream(http::response head, std::function<void()> on_closed,
              std::function<void()> on_writable) override {
    answers.push_back(std::move(head));
    hang_up = std::move(on_closed);
    room = std::move(on_writable);
    // The test keeps the client, so the stream may be borrowed.
    return {std::shared_ptr<void>{}, this};
  }
  bool write(std::string chunk) override {
    if (!reads)
      untaken += chunk.size();
    streamed += chunk;
    return true;
  }
  std::size_t unsent() const override { return untaken; }
  bool is_stalled() const override { return stalled; }
  /// As a client that reads all that it was sent.
  void take() {
    untaken = 0;
    if (room)
      room();
  }
  void close() override { closed = true; }
  void on_gone(std::function<void()> then) override {
    hang_up = [this, then = std::move(then)] {
      gone = true;
      then();
    };
    if (leaves_at_once)
      hang_up();
  }
  std::shared_ptr<const std::atomic<bool>> gone_flag() const override {
    return {std::shared_ptr<void>{}, &gone}; // borrowed, as the stream
  }
  std::atomic<bool> gone{false};
  bool leaves_at_once = false;
  std::function<void()> hang_up; ///< as a client that goes away
  std::function<void()> room;

  [[nodiscard]] unsigned status() const {
    return answers.size() == 1 ? answers[0].status : 0;
  }
  [[nodiscard]] bool says(std::string_view part) const {
    return !answers.empty() && answers[0].body.find(part) != std::string::npos;
  }
};

using client_ptr = std::shared_ptr<client>;

/// All actors behind the gateway, as a script.
struct world {
  std::vector<task_record> queue;
  std::map<std::string, task_record> tasks;
  std::vector<create_task> created;
  std::vector<claimed_task> given_back;
  std::vector<beat_heart> beats;
  std::vector<attempt_record> attempts; ///< of any task that is asked for
  ask_routes asked_routes;
  routes_told routes;
  timestamp found_at{}; ///< the database's clock
  std::vector<chat_binding> bindings;
  std::vector<mute_record> mutes;
  std::vector<std::string> woken; ///< relays
  std::vector<published_event> log;
  std::vector<runner_id> recovered;
  std::vector<runner_id> left;
  std::map<std::string, runtime_record> runtimes; ///< by id
  int runtime_questions = 0;
  std::map<std::string, std::uint64_t> page_sessions; ///< tokens by hash
  int session_questions = 0;
  std::vector<pending_report> reported;
  std::optional<timestamp> next_due;
  int claims = 0;
  std::chrono::milliseconds silence{}; ///< after which a runner counts as lost
  sealed_masks claimed_mask;
  call_ticket claim_ticket;
  int subscriptions = 0; ///< questions to the event stream
  bool database = true;
  bool frozen = false; ///< questions are taken and not answered
};

inline task_commands_actor::behavior_type
fake_commands(task_commands_actor::pointer, world* w) {
  return {
      [=](create_task& what) {
        w->created.push_back(what);
        return task_created{what.task, what.idempotency_key == "known"};
      },
      [=](const cancel_task&) -> caf::result<task_changed> {
        return make_error(ec::not_cancellable);
      },
      [=](const retry_task& what) {
        return task_changed{w->tasks[to_string(what.task)]};
      },
      [](flush_creates) {},
      [](const options_changed<task_rules_ptr>&) {},
  };
}

inline claim_dispatcher_actor::behavior_type
fake_claims(claim_dispatcher_actor::pointer, world* w) {
  return {
      [=](const claim_tasks& what) {
        ++w->claims;
        w->claimed_mask = what.mask;
        w->claim_ticket = what.ticket;
        tasks_claimed got;
        while (!w->queue.empty() && got.tasks.size() < what.limit) {
          got.tasks.push_back(w->queue.front());
          w->queue.erase(w->queue.begin());
        }
        if (got.tasks.empty())
          got.next_due = w->next_due;
        return got;
      },
      [=](return_tasks& what) {
        w->given_back.insert(w->given_back.end(), what.tasks.begin(),
                             what.tasks.end());
        return tasks_returned{};
      },
      [](flush_claims) {},
      [](const options_changed<task_rules_ptr>&) {},
  };
}

inline heartbeat_store_actor::behavior_type
fake_beats(heartbeat_store_actor::pointer, world* w) {
  return {[=](const register_runtimes& what) {
            runtimes_found found{what.runtimes};
            for (auto& one : found.runtimes) {
              one.id = {one.daemon + "/" + one.provider};
              w->runtimes[one.id.value] = one;
            }
            return found;
          },
          [=](const deregister_runtimes& what) {
            runtimes_found left;
            for (const auto& id : what.ids)
              if (const auto at = w->runtimes.find(id.value);
                  at != w->runtimes.end()) {
                left.runtimes.push_back(at->second);
                w->runtimes.erase(at);
              }
            return left;
          },
          [=](const find_runtimes& what) {
            ++w->runtime_questions;
            runtimes_found found;
            for (const auto& id : what.ids)
              if (const auto at = w->runtimes.find(id.value);
                  at != w->runtimes.end())
                found.runtimes.push_back(at->second);
            return found;
          },
          [=](const beat_heart& what) {
            w->beats.push_back(what);
            heart_beaten beaten;
            for (const auto& held : what.tasks)
              beaten.stop.push_back(held.task);
            return beaten;
          },
          [](flush_beats) {},
          [](const options_changed<task_rules_ptr>&) {}};
}

inline task_query_actor::behavior_type
fake_queries(task_query_actor::pointer self, world* w) {
  return {
      [=](const find_task& what) -> caf::result<task_found> {
        const auto at = w->tasks.find(to_string(what.task));
        if (at == w->tasks.end())
          return make_error(ec::task_not_found);
        task_found found{at->second, w->attempts, {}};
        found.found_at = w->found_at;
        return found;
      },
      [=](const list_tasks&) -> caf::result<tasks_listed> {
        if (w->frozen)
          return self->make_response_promise<tasks_listed>(); // never kept
        return tasks_listed{};
      },
      [=](const list_deliveries&) { return deliveries_listed{}; },
      [](const check_store&) {
        return store_checked{true, 1, true};
      },
  };
}

inline readiness_actor::behavior_type
fake_readiness(readiness_actor::pointer self, world* w) {
  return {[=](const read_readiness&) -> caf::result<readiness_read> {
            if (w->frozen)
              return self->make_response_promise<readiness_read>();
            if (!w->database)
              return readiness_read{
                  database_state::full, {true, 1, true}, "no room"};
            return readiness_read{database_state::answers, {true, 1, true}, {}};
          },
          [](const database_refused&) {}, [](const relay_paused&) {},
          [](const watch_database&) {}};
}

inline statistics_actor::behavior_type
fake_statistics(statistics_actor::pointer, world* w) {
  return {
      [](const read_stats& what) {
        stats_read found;
        found.until = timestamp{std::chrono::hours{48}};
        found.since = found.until - what.window;
        return found;
      },
      [](const list_causes& what) {
        causes_listed found;
        cause_record cause;
        cause.fingerprint = what.fingerprint.value_or("0123456789abcdef");
        if (cause.fingerprint != "ffffffffffffffff")
          found.causes.push_back(std::move(cause));
        return found;
      },
      [=](const list_runners& what) {
        w->silence = what.silence;
        return runners_listed{};
      },
  };
}

inline chat_store_actor::behavior_type fake_chats(chat_store_actor::pointer,
                                                  world* w) {
  return {
      [=](bind_chat& what) {
        w->bindings = {what.binding};
        return chats_listed{w->bindings};
      },
      [=](unbind_chat&) -> caf::result<chats_listed> {
        return make_error(ec::chat_session_not_found);
      },
      [=](list_chats&) { return chats_listed{w->bindings}; },
      [=](ask_routes& what) {
        w->asked_routes = what;
        return w->routes;
      },
      [](const options_changed<task_rules_ptr>&) {},
  };
}

inline redelivery_store_actor::behavior_type
fake_deliveries(redelivery_store_actor::pointer) {
  return {[](redeliver&) -> caf::result<redelivery_queued> {
            return make_error(ec::not_redeliverable);
          },
          [](redeliver_dead& what) {
            dead_requeued done;
            done.count = 7;
            done.relays = {what.relay.value_or("every one")};
            return done;
          },
          [](read_backlog&) { return backlog_read{}; }};
}

inline mute_store_actor::behavior_type fake_mutes(mute_store_actor::pointer,
                                                  world* w) {
  return {[=](put_mute& what) {
            mute_record mute;
            mute.relay = what.relay;
            mute.chat_id = what.chat_id;
            mute.until = what.until;
            mute.note = what.note;
            mute.waiting = 3;
            w->mutes = {mute};
            return mute_put{mute};
          },
          [=](clear_mute&) -> caf::result<mute_cleared> {
            if (w->mutes.empty())
              return make_error(ec::mute_not_found);
            w->mutes.clear();
            return mute_cleared{};
          },
          [=](list_mutes&) { return mutes_listed{w->mutes}; }};
}

inline session_store_actor::behavior_type
fake_sessions(session_store_actor::pointer, world* w) {
  return {[=](const begin_session& what) {
            w->page_sessions.emplace(what.hash, what.token);
            return session_begun{};
          },
          [=](const find_session& what) {
            ++w->session_questions;
            const auto at = w->page_sessions.find(what.hash);
            return at == w->page_sessions.end() ? session_found{}
                                                : session_found{at->second};
          },
          [=](const end_session& what) {
            w->page_sessions.erase(what.hash);
            return session_ended{};
          }};
}

inline redaction_actor::behavior_type fake_redaction(redaction_actor::pointer) {
  return {[](redact_reports&) {},
          [](redact_texts& what) {
            texts_redacted clean;
            clean.texts.resize(what.texts.size(),
                               redacted_text::from_platform("[clean]"));
            clean.findings.resize(what.texts.size());
            return clean;
          },
          [](narrow_texts&) { return texts_redacted{}; },
          [](seal_masks&) { return masks_sealed{{"sealed"}}; },
          [](const options_changed<redaction_engine_ptr>&) {}};
}

inline reaper_actor::behavior_type fake_reaper(reaper_actor::pointer,
                                               world* w) {
  return {[](reap_now&) {}, [](check_truth_now&) {},
          [=](runner_recovered& what) {
            w->recovered.push_back(what.runner);
            // The first of two pages.
            return tasks_swept{3, 1, w->recovered.size() == 1};
          },
          [=](runner_left& what) {
            w->left.push_back(what.runner);
            return tasks_swept{2, 2, false};
          },
          [](const options_changed<reaper_options_ptr>&) {}};
}

inline relay_waker_actor::behavior_type fake_relays(relay_waker_actor::pointer,
                                                    world* w) {
  return {[=](const deliveries_waiting& what) {
    w->woken.insert(w->woken.end(), what.relays.begin(), what.relays.end());
  }};
}

inline event_stream_actor::behavior_type
fake_events(event_stream_actor::pointer, world* w) {
  return {[](events_published&) {},
          [=](subscribe_events& what) {
            events_read read;
            ++w->subscriptions;
            if (!w->log.empty())
              read.newest = w->log.back().position;
            for (const auto& event : w->log)
              if (what.after >= 0 && event.position > what.after)
                read.events.push_back(event);
            return read;
          },
          [](replica_published&) {}, [](poll_events&) {}, [](pass_events&) {}};
}

/// Settles everything as committed.
inline status_intake_actor::behavior_type
fake_intake(status_intake_actor::pointer self, world* w) {
  return {[=](reports_received& what) {
            for (auto& pending : *what.batch)
              w->reported.push_back(pending);
            for (auto& pending : w->reported)
              pending.reply.waiter.reset();
            self->send(what.waiter, reports_settled{what.batch});
          },
          [](reports_redacted&) {}, [](masks_missed&) {}};
}

} // namespace telltale::test
