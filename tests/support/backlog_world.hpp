#pragma once

#include <algorithm>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "tests/support/relay_world.hpp"

// A relay before a store with a backlog and a target that answers after a
// while, all by virtual time.

namespace telltale::test {

/// What waits in the store, as the real one gives it out: oldest first, none of
/// a chat of which an earlier one is leased or not due.
struct backlog {
  struct row {
    notice due;
    bool leased = false;
    steady_time next_try{};
  };

  std::deque<row> rows; ///< pending, in order
  /// How far its clock is behind that of the service.
  std::chrono::milliseconds behind{0};
  std::size_t takes = 0;
  std::size_t fruitless_takes = 0;
  std::size_t records = 0;
  std::size_t recounts = 0;
  std::size_t sent = 0;
  std::size_t dead = 0;
  std::size_t put_back = 0; ///< recorded as pending, no try spent

  void add(std::size_t number, const std::string& chat) {
    auto one = test::due(0, chat);
    one.id.value.bytes[0] = static_cast<std::uint8_t>(number / 65'536);
    one.id.value.bytes[1] = static_cast<std::uint8_t>(number / 256 % 256);
    one.id.value.bytes[2] = static_cast<std::uint8_t>(number % 256);
    rows.push_back({std::move(one), false, {}});
  }

  deliveries_taken take(const take_deliveries& request, steady_time now) {
    ++takes;
    std::map<std::string, std::uint32_t> chosen;
    std::set<std::string> blocked;
    std::uint32_t places = 0;
    auto soonest = steady_time::max();
    deliveries_taken answer;
    for (auto& one : rows) {
      const auto& chat = one.due.chat.chat_id;
      if (one.leased || one.next_try > now || blocked.contains(chat)) {
        if (!one.leased && !blocked.contains(chat))
          soonest = std::min(soonest, one.next_try);
        if (!chat.empty())
          blocked.insert(chat);
        continue;
      }
      if (chat.empty() || !chosen.contains(chat)) {
        if (places == request.limit) {
          answer.more = true;
          break;
        }
        ++places;
      }
      if (!chat.empty() && chosen[chat]++ >= request.per_chat)
        continue;
      one.leased = true;
      answer.due.push_back(one.due);
    }
    fruitless_takes += answer.due.empty() ? 1U : 0U;
    if (!answer.more && soonest != steady_time::max())
      answer.next_try_at = now_utc()
                           + std::chrono::duration_cast<timestamp::duration>(
                               soonest - now - behind);
    return answer;
  }

  void record(const record_deliveries& request, steady_time now) {
    ++records;
    for (const auto& result : request.results) {
      const auto found = std::ranges::find(
          rows, result.id, [](const row& one) { return one.due.id; });
      if (found == rows.end())
        continue;
      if (result.state != delivery_state::pending) {
        ++(result.state == delivery_state::sent ? sent : dead);
        rows.erase(found);
        continue;
      }
      put_back += result.counts ? 0U : 1U;
      found->leased = false;
      found->next_try = now + result.retry_in;
      found->due.tries += result.counts ? 1U : 0U;
    }
  }
};

inline failed_task_payload_actor::behavior_type
backlog_payloads(failed_task_payload_actor::pointer self,
                 std::shared_ptr<backlog> rows) {
  return {
      [](const events_committed&) {},
      [=](const take_deliveries& request) {
        return rows->take(request, self->clock().now());
      },
      [](const read_events&) { return events_read{}; },
      [](const envelopes_wanted&) {},
      [](const options_changed<payload_peers>&) {},
  };
}

inline delivery_store_actor::behavior_type
backlog_store(delivery_store_actor::pointer self,
              std::shared_ptr<backlog> rows) {
  return {
      [](const take_deliveries&) { return deliveries_leased{}; },
      [](const renew_leases&) { return leases_renewed{}; },
      [](const gather_deliveries& request) {
        deliveries_gathered answer;
        for (const auto& message : request.messages)
          answer.keys.push_back(message.front());
        return answer;
      },
      [=](const record_deliveries& request) {
        rows->record(request, self->clock().now());
        return deliveries_recorded{};
      },
      [](const configured_relays&) { return unconfigured_ended{}; },
  };
}

inline redelivery_store_actor::behavior_type
backlog_redeliveries(redelivery_store_actor::pointer,
                     std::shared_ptr<backlog> rows) {
  return {
      [](const redeliver&) -> caf::result<redelivery_queued> {
        return make_error(ec::delivery_not_found);
      },
      [](const redeliver_dead&) { return dead_requeued{}; },
      [=](const read_backlog&) {
        ++rows->recounts;
        return backlog_read{};
      },
  };
}

/// The network and a server behind it: answers each request after `latency`.
class answering_server final : public request_sender {
public:
  explicit answering_server(const caf::actor_clock& clock) : clock_(clock) {}

  void send(std::uint64_t number, http::client_request what,
            const request_asker_handle& asker) override {
    const auto now = clock_.now();
    const bool is_message = !what.url.ends_with("/heartbeat")
                            && what.url.find("/auth/") == std::string::npos;
    if (is_message) {
      ++sends;
      times.push_back(now);
    } else {
      ++beats;
    }
    waiting_.push_back({now + latency, number, std::move(what), asker});
    most_at_once = std::max(most_at_once, waiting_.size());
  }

  void answer_due() {
    const auto now = clock_.now();
    while (!waiting_.empty() && waiting_.front().due <= now) {
      const auto first = std::move(waiting_.front());
      waiting_.pop_front();
      caf::anon_send(
          first.asker,
          request_answered{first.number, std::make_shared<const http_outcome>(
                                             answer(first.what, now))});
    }
  }

  std::chrono::milliseconds latency{60};
  /// What the server says to a request at a moment.
  std::function<http_outcome(const http::client_request&, steady_time)> answer =
      [](const http::client_request&, steady_time) -> http_outcome {
    return http::client_response{200, {}, R"({"message_id":1})"};
  };
  std::size_t sends = 0; ///< messages
  std::size_t beats = 0; ///< other requests
  std::size_t most_at_once = 0;
  std::vector<steady_time> times;

private:
  struct waiting {
    steady_time due;
    std::uint64_t number = 0;
    http::client_request what;
    request_asker_handle asker;
  };

  const caf::actor_clock& clock_;
  std::deque<waiting> waiting_;
};

struct backlog_fixture : relay_fixture {
  std::shared_ptr<backlog> waiting = std::make_shared<backlog>();
  relay_peers backlog_peers{sys.spawn(backlog_payloads, waiting),
                            sys.spawn(backlog_store, waiting),
                            sys.spawn(backlog_redeliveries, waiting)};
  std::shared_ptr<answering_server> target =
      std::make_shared<answering_server>(sys.clock());

  ~backlog_fixture() override {
    self->send_exit(backlog_peers.payloads, caf::exit_reason::user_shutdown);
    self->send_exit(backlog_peers.deliveries, caf::exit_reason::user_shutdown);
    self->send_exit(backlog_peers.upkeep, caf::exit_reason::user_shutdown);
  }

  /// With an address and credentials, if the options have none.
  void begin(config::relay_config options) {
    if (options.base_url.empty())
      options.base_url = "http://chat.test";
    if (options.url.empty())
      options.url = "http://hook.test/a";
    if (options.token.empty())
      options.token = config::secret{"12:token"};
    options.app_id = "cli_1";
    options.app_secret = config::secret{"app"};
    relays.push_back(sys.spawn(relay, std::string{"main"}, options,
                               make_channel("main", options),
                               std::static_pointer_cast<request_sender>(target),
                               backlog_peers, counters, std::size_t{800}));
    settle_all();
  }

  void tell() {
    self->send(relays.front(), deliveries_due{});
    settle_all();
  }

  void run_for(std::chrono::milliseconds time,
               std::chrono::milliseconds step = 2ms) {
    const auto end = sys.clock().now() + time;
    while (sys.clock().now() < end) {
      target->answer_due();
      settle_all();
      pass(step);
    }
  }

  /// How long it took until nothing waited; at most `longest`.
  std::chrono::milliseconds drain(std::chrono::milliseconds longest) {
    const auto start = sys.clock().now();
    while (!waiting->rows.empty() && sys.clock().now() - start < longest)
      run_for(10ms);
    return std::chrono::duration_cast<std::chrono::milliseconds>(
        sys.clock().now() - start);
  }

  [[nodiscard]] std::size_t ticks() const {
    return static_cast<std::size_t>(
        counters->read(counter::actor_messages_total, "relay"));
  }

  [[nodiscard]] double timers() const {
    return counters->read(counter::timers, "relay");
  }

  /// Most messages that fell into one window of that length.
  [[nodiscard]] std::size_t
  most_within(std::chrono::milliseconds window) const {
    std::size_t most = 0;
    for (std::size_t first = 0, last = 0; last < target->times.size(); ++last) {
      while (target->times[last] - target->times[first] >= window)
        ++first;
      most = std::max(most, last - first + 1);
    }
    return most;
  }
};

} // namespace telltale::test
