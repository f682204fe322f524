// libs: telltale_system
#define CAF_SUITE unit.system

#include "actors/system/metrics.hpp"
#include "actors/system/supervisor.hpp"
#include "messages/protocols.hpp"

#include <caf/after.hpp>
#include <caf/event_based_actor.hpp>

#include <caf/test/dsl.hpp>

using namespace telltale;
using namespace std::chrono_literals;

namespace {

struct fixture : test_coordinator_fixture<> {
  counter_board_ptr counters = std::make_shared<counter_board>();
  signal_gate signals;
  fatal_mailbox_ptr fatal = std::make_shared<fatal_mailbox>(signals);
  int starts = 0;
  std::vector<std::string> heard; ///< words that reached the actor

  /// An actor that answers twice its number, and crashes on 13.
  caf::actor start() {
    ++starts;
    return sys.spawn([this](caf::event_based_actor* me) -> caf::behavior {
      install_guards(me, "doubler");
      return {[](int number) {
                if (number == 13)
                  throw std::runtime_error{"text that must not be logged"};
                return number * 2;
              },
              [this](const std::string& word) { heard.push_back(word); },
              [](double) {}};
    });
  }

  caf::actor supervised =
      sys.spawn(supervisor, std::string{"doubler"},
                make_actor_factory([this] { return start(); }), fatal, counters,
                restart_limit{.crashes = 3, .within = 60s},
                std::vector<message_test>{keeps<std::string>()});

  ~fixture() override {
    self->send_exit(supervised, caf::exit_reason::user_shutdown);
    run();
  }

  int ask(int number) {
    auto answer = self->request(supervised, caf::infinite, number);
    run();
    int got = -1;
    answer.receive([&](int result) { got = result; }, [](const caf::error&) {});
    return got;
  }
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(system_tests, fixture)

CAF_TEST(a supervisor passes requests on and answers come back) {
  CAF_CHECK_EQUAL(ask(21), 42);
  CAF_CHECK_EQUAL(starts, 1);
}

CAF_TEST(a crashed actor starts again behind the same handle) {
  CAF_CHECK_EQUAL(ask(13), -1);
  CAF_CHECK_EQUAL(ask(4), 8);
  CAF_CHECK_EQUAL(starts, 2);
  CAF_CHECK_EQUAL(counters->read(counter::actor_restarts_total, "doubler"),
                  1.0);
  CAF_CHECK_EQUAL(fatal->read(), "");
}

CAF_TEST(a restarted actor is told the newest of what its supervisor keeps) {
  for (const std::string word : {"one", "two"})
    self->send(supervised, word);
  self->send(supervised, 1.5);
  run();
  self->send(supervised, 13);
  self->send(supervised, std::string{"three"}); // reaches nobody
  run();
  CAF_CHECK_EQUAL(starts, 2);
  CAF_CHECK_EQUAL(heard, (std::vector<std::string>{"one", "two", "three"}));
  CAF_MESSAGE("also the one after that, and before what comes then");
  ask(13);
  self->send(supervised, std::string{"four"});
  run();
  CAF_CHECK_EQUAL(heard, (std::vector<std::string>{"one", "two", "three",
                                                   "three", "four"}));
}

CAF_TEST(messages with options are known by what they are options of) {
  const auto is_kept = keeps<options_changed<gateway_options>>();
  CAF_CHECK(is_kept(caf::make_message(options_changed<gateway_options>{})));
  CAF_CHECK(!is_kept(caf::make_message(gateway_tick{})));
  CAF_CHECK(!is_kept(
      caf::make_message(options_changed<gateway_options>{}, gateway_tick{})));
  CAF_CHECK(!is_kept(caf::message{}));
}

CAF_TEST(an actor that keeps crashing ends the process with a reason) {
  for (int i = 0; i < 3; ++i)
    ask(13);
  CAF_CHECK(fatal->read().find("doubler") != std::string::npos);
  CAF_CHECK(fatal->read().find("3 times") != std::string::npos);
  CAF_CHECK(signals.wait(std::chrono::steady_clock::now())
            == process_signal::notice);
  CAF_CHECK_EQUAL(starts, 3);
}

CAF_TEST(messages of an actor are counted and its series end with it) {
  ask(1);
  ask(2);
  CAF_CHECK_EQUAL(counters->read(counter::actor_messages_total, "doubler"),
                  2.0);
  counters->add(counter::actor_messages_total, "doubler"); // a tick of its own
  CAF_CHECK(export_metrics(*counters).find(
                "telltale_actor_messages_total{actor=\"doubler\"} 3")
            != std::string::npos);
  self->send_exit(supervised, caf::exit_reason::user_shutdown);
  run();
  CAF_CHECK(export_metrics(*counters).find("doubler") == std::string::npos);
}

CAF_TEST(a series goes on while another actor bears the same name) {
  const auto other = counters->cell(counter::actor_messages_total, "doubler");
  ask(1);
  self->send_exit(supervised, caf::exit_reason::user_shutdown);
  run();
  other->fetch_add(1);
  CAF_CHECK_EQUAL(counters->read(counter::actor_messages_total, "doubler"),
                  2.0);
}

CAF_TEST(a supervisor that is told to exit ends after its actor) {
  self->monitor(supervised);
  self->send_exit(supervised, caf::exit_reason::user_shutdown);
  sched.run_once(); // the supervisor alone: its actor has not heard yet
  bool ended = false;
  self->receive([&](const caf::down_msg&) { ended = true; },
                caf::after(0s) >> [] {});
  CAF_CHECK(!ended);
  run();
  self->receive([&](const caf::down_msg&) { ended = true; },
                caf::after(0s) >> [] {});
  CAF_CHECK(ended);
}

CAF_TEST(crashes that are long past are forgotten) {
  const restart_limit limit{.crashes = 2, .within = 60s};
  std::deque<std::chrono::steady_clock::time_point> crashes;
  const std::chrono::steady_clock::time_point start{};
  CAF_CHECK(may_restart(crashes, start, limit));
  CAF_CHECK(may_restart(crashes, start + 61s, limit));
  CAF_CHECK(!may_restart(crashes, start + 62s, limit));
}

CAF_TEST(metrics are exported in the text format with their labels) {
  counters->add(counter::tasks_failed_total, "timeout", 2);
  const auto text = export_metrics(*counters);
  CAF_CHECK(text.find("# TYPE telltale_tasks_failed_total counter")
            != std::string::npos);
  CAF_CHECK(text.find("telltale_tasks_failed_total{reason=\"timeout\"} 2")
            != std::string::npos);
  counters->set(counter::deliveries, "a/b/pending", 4);
  counters->observe(counter::send_seconds, "octo", 0.03);
  counters->observe(counter::send_seconds, "octo", 100);
  const auto more = export_metrics(*counters);
  for (const auto* line :
       {"telltale_deliveries{relay=\"a/b\",state=\"pending\"} 4",
        "telltale_send_seconds_bucket{relay=\"octo\",le=\"0.025\"} 0",
        "telltale_send_seconds_bucket{relay=\"octo\",le=\"0.05\"} 1",
        "telltale_send_seconds_bucket{relay=\"octo\",le=\"+Inf\"} 2",
        "telltale_send_seconds_count{relay=\"octo\"} 2"})
    CAF_CHECK(more.find(line) != std::string::npos);
  CAF_CHECK(text.find("telltale_truth_violations_total 0")
            != std::string::npos);
  CAF_CHECK(text.find("process_resident_memory_bytes") != std::string::npos);
}

CAF_TEST_FIXTURE_SCOPE_END()
