#pragma once

#include <deque>
#include <memory>
#include <string>
#include <vector>

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <caf/event_based_actor.hpp>

#include "actors/relay/relay.hpp"
#include "tests/support/scripted_deliveries.hpp"

#include <caf/test/dsl.hpp>

// A relay between a scripted store and a channel that only remembers.

namespace telltale {

/// Opens raw texts in the place of the redaction room, which this test does not
/// link; it masks one word.
class redaction_seal {
public:
  static redacted_text open(const raw_text& text) {
    auto opened = text.text_;
    if (const auto at = opened.find("hunter2"); at != std::string::npos)
      opened.replace(at, 7, "[REDACTED:x]");
    return redacted_text{std::move(opened)};
  }
};

} // namespace telltale

namespace telltale::test {

using namespace std::chrono_literals;

inline redaction_actor::behavior_type
scripted_redaction(redaction_actor::pointer, std::shared_ptr<bool> works) {
  return {
      [](const redact_reports&) {},
      [works](const redact_texts& request) -> caf::result<texts_redacted> {
        if (!*works)
          return make_error(ec::internal_error);
        texts_redacted answer;
        for (const auto& text : request.texts)
          answer.texts.push_back(redaction_seal::open(text));
        return answer;
      },
      [](const narrow_texts&) -> caf::result<texts_redacted> {
        return make_error(ec::internal_error);
      },
      [](const seal_masks&) { return masks_sealed{}; },
  };
}

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

inline std::string payload(const std::string& error, bool retry_pending = false,
                           const std::string& reason = "timeout") {
  return boost::json::serialize(boost::json::object{
      {"error", error},
      {"error_origin", "runner"},
      {"failure_reason", reason},
      {"title", "Fix it"},
      {"retry_pending", retry_pending},
  });
}

inline due_delivery due(std::uint8_t number, const std::string& chat,
                        std::string text = payload("it broke"),
                        std::uint32_t tries = 0) {
  due_delivery result;
  result.id.value.bytes[15] = number;
  result.chat.chat_id = chat;
  result.payload = std::move(text);
  result.envelope = "{}";
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
  std::shared_ptr<bool> redaction_works = std::make_shared<bool>(true);
  counter_board_ptr counters = std::make_shared<counter_board>();
  delivery_store_actor store_handle = sys.spawn(scripted_store, store);
  redaction_actor redaction = sys.spawn(scripted_redaction, redaction_works);
  std::vector<relay_actor> relays;

  ~relay_fixture() override {
    for (auto& one : relays)
      self->send_exit(one, caf::exit_reason::user_shutdown);
    self->send_exit(store_handle, caf::exit_reason::user_shutdown);
    self->send_exit(redaction, caf::exit_reason::user_shutdown);
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
                               std::static_pointer_cast<channel>(out),
                               store_handle, redaction, counters,
                               std::size_t{800}));
    settle_all();
    return out;
  }

  /// The store has these, and the relay is told so.
  void deliver(std::vector<due_delivery> deliveries) {
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
