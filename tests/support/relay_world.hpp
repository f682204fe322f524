#pragma once

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <caf/event_based_actor.hpp>
#include <caf/send.hpp>

#include "actors/failed_task_payload/build.hpp"
#include "actors/relay/relay.hpp"
#include "tests/support/scripted_deliveries.hpp"

#include <caf/test/dsl.hpp>

// A relay between a scripted store and a channel that only remembers.

namespace telltale {

/// Makes redacted texts in the place of redaction, which these tests do not
/// link.
class redaction_seal {
public:
  static redacted_text seal(std::string text) {
    return redacted_text{std::move(text)};
  }
};

} // namespace telltale

namespace telltale::test {

using namespace std::chrono_literals;

/// A channel and the network behind it: remembers what is to be sent; the test
/// says what comes of it.
class recording_channel final : public channel, public request_sender {
public:
  struct waiting {
    std::uint64_t number = 0;
    outgoing_message what;
  };

  bool dedupes() const override { return true; }

  channel_work send(outgoing_message what, steady_time) override {
    all.push_back(what);
    in_flight.push_back({++last_, std::move(what)});
    channel_work work;
    work.requests.push_back({last_, {}});
    return work;
  }

  channel_work answered(std::uint64_t number, const http_outcome&,
                        steady_time) override {
    channel_work work;
    if (const auto found = ends_.find(number); found != ends_.end())
      work.finished.push_back(found->second);
    else
      work.probed = probed;
    return work;
  }

  channel_work probe(steady_time) override {
    channel_work work;
    ++probes;
    if (probed)
      work.requests.push_back({++last_, {}});
    return work;
  }

  channel_work beat() override {
    ++beats;
    return {};
  }

  void send(std::uint64_t, http::client_request,
            const request_asker_handle& asker) override {
    asker_ = asker;
  }

  void answer(send_outcome outcome) {
    auto first = std::move(in_flight.front());
    in_flight.pop_front();
    answer(first, std::move(outcome));
  }

  void answer(const waiting& which, send_outcome outcome) {
    ends_[which.number] = {which.what.key, std::move(outcome)};
    answer_request(which.number);
  }

  /// The answer to the last request, a probe's.
  void answer_probe() { answer_request(last_); }

  std::vector<outgoing_message> all;
  std::deque<waiting> in_flight;
  int beats = 0;
  int probes = 0;
  std::optional<send_outcome> probed; ///< none: only a message can tell

private:
  void answer_request(std::uint64_t number) {
    caf::anon_send(asker_,
                   request_answered{number, std::make_shared<http_outcome>(
                                                http::client_response{})});
  }

  std::uint64_t last_ = 0;
  std::map<std::uint64_t, send_finished> ends_;
  request_asker_handle asker_;
};

/// What failed_task_payload makes of an attempt's end, for a chat.
inline payload_ptr payload(const std::string& error, bool will_retry = false,
                           const std::string& reason = "timeout",
                           event_type type = event_type::task_failed) {
  event_facts facts;
  facts.type = type;
  facts.error = redaction_seal::seal(error);
  facts.origin = detail_origin::runner;
  facts.failure_reason = failure_reason{reason};
  facts.title = redaction_seal::seal("Fix it");
  facts.will_retry = will_retry;
  return payload_builder::build(std::move(facts), {});
}

inline payload_ptr recovery() {
  return payload("", false, "timeout", event_type::task_recovered);
}

inline notice due(std::uint8_t number, const std::string& chat,
                  payload_ptr what = payload("it broke"),
                  std::uint32_t tries = 0) {
  notice result;
  result.id.value.bytes[15] = number;
  result.chat.chat_id = chat;
  result.payload = std::move(what);
  result.tries = tries;
  return result;
}

inline config::relay_config chat_options() {
  config::relay_config options;
  options.type = "octo";
  options.rate_per_app = 100'000;
  options.rate_per_chat = 100'000;
  return options;
}

inline const try_again no_answer{"no answer", {}, false, true};

struct relay_fixture : test_coordinator_fixture<> {
  std::shared_ptr<store_script> store = std::make_shared<store_script>();
  counter_board_ptr counters = std::make_shared<counter_board>();
  relay_peers peers{sys.spawn(scripted_payloads, store),
                    sys.spawn(scripted_store, store),
                    sys.spawn(scripted_redeliveries, store)};
  std::vector<relay_actor> relays;

  ~relay_fixture() override {
    for (auto& one : relays)
      self->send_exit(one, caf::exit_reason::user_shutdown);
    self->send_exit(peers.payloads, caf::exit_reason::user_shutdown);
    self->send_exit(peers.deliveries, caf::exit_reason::user_shutdown);
    self->send_exit(peers.upkeep, caf::exit_reason::user_shutdown);
    settle_all();
  }

  void settle_all() {
    while (consume_message()) {
    }
  }

  std::shared_ptr<recording_channel>
  start(const config::relay_config& options = chat_options(),
        std::shared_ptr<recording_channel> out =
            std::make_shared<recording_channel>()) {
    relays.push_back(sys.spawn(relay, std::string{"octo-main"}, options,
                               std::static_pointer_cast<channel>(out),
                               std::static_pointer_cast<request_sender>(out),
                               peers, counters, std::size_t{800}));
    settle_all();
    return out;
  }

  /// The store has these, and the relay is told so.
  void deliver(std::vector<notice> deliveries) {
    store->to_take.push_back({std::move(deliveries), false, {}});
    self->send(relays.front(), deliveries_due{});
    settle_all();
    pass(1ms); // the shortest wait of the pacing
  }

  void answer(recording_channel& out, send_outcome outcome) {
    out.answer(std::move(outcome));
    settle_all();
    pass(1ms);
  }

  void pass(std::chrono::milliseconds time) {
    advance_time(time);
    settle_all();
  }

  [[nodiscard]] const delivery_result& last() const {
    return store->results.back();
  }
};

} // namespace telltale::test
