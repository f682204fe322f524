#pragma once

#include <deque>
#include <memory>
#include <string>
#include <vector>

#include <caf/event_based_actor.hpp>

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

/// Remembers what it is to send; the test answers.
class recording_channel final : public channel {
public:
  struct flight {
    outgoing what;
    std::function<void(send_result)> then;
  };

  void send(outgoing what, std::function<void(send_result)> then) override {
    all.push_back(what);
    flights.push_back({std::move(what), std::move(then)});
  }

  void beat() override { ++beats; }

  void answer(send_result result) {
    auto first = std::move(flights.front());
    flights.pop_front();
    first.then(std::move(result));
  }

  std::vector<outgoing> all;
  std::deque<flight> flights;
  int beats = 0;
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
  start(const config::relay_config& options = chat_options()) {
    auto out = std::make_shared<recording_channel>();
    relays.push_back(sys.spawn(relay, std::string{"octo-main"}, options,
                               std::static_pointer_cast<channel>(out), peers,
                               counters, std::size_t{800}));
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

  void answer(recording_channel& out, send_result result) {
    out.answer(std::move(result));
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
