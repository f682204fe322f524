// libs: telltale_system telltale_redaction
#define CAF_SUITE integration.restart

#include <atomic>
#include <chrono>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "actors/redaction/redaction.hpp"
#include "actors/system/supervisor.hpp"

#include <caf/scoped_actor.hpp>
#include <caf/send.hpp>

#include <caf/test/dsl.hpp>

using namespace telltale;
using namespace std::chrono_literals;

namespace {

/// Rules that mask numbers behind this word alone.
redaction_engine_ptr masks(const std::string& word) {
  config::pattern_config pattern;
  pattern.name = "ticket";
  pattern.keywords = {word + "-"};
  pattern.regex = word + "-[0-9]{6}";
  config::redaction_config options;
  options.patterns.push_back(pattern);
  return std::make_shared<const redaction_engine>(options);
}

/// A supervised actor of redaction, with threads and a scheduler as they are.
struct fixture {
  signal_gate signals;
  fatal_mailbox_ptr fatal = std::make_shared<fatal_mailbox>(signals);
  caf::actor_system_config options;
  caf::actor_system sys{options};
  counter_board_ptr counters = std::make_shared<counter_board>();
  std::mutex guard; ///< of `child`
  caf::actor child; ///< the one that works now
  redaction_actor subject;

  fixture() {
    const auto first = masks("FIRST");
    const auto sealer = std::make_shared<const redact::mask_sealer>("key");
    const auto start = [this, first, sealer] {
      auto made = caf::actor_cast<caf::actor>(
          sys.spawn(redaction, first, counters, sealer));
      const std::scoped_lock lock{guard};
      return child = made;
    };
    subject = caf::actor_cast<redaction_actor>(sys.spawn(
        supervisor, std::string{"redaction"}, make_actor_factory(start), fatal,
        counters, restart_limit{.crashes = 1'000'000, .within = 60s},
        std::vector<message_test>{
            keeps<options_changed<redaction_engine_ptr>>()}));
  }

  ~fixture() {
    caf::anon_send_exit(subject, caf::exit_reason::user_shutdown);
    child = nullptr;
  }

  void reload(const redaction_engine_ptr& rules) const {
    caf::anon_send(subject, options_changed<redaction_engine_ptr>{rules});
  }

  void crash() {
    const std::scoped_lock lock{guard};
    caf::anon_send_exit(child, caf::exit_reason::unhandled_exception);
  }

  /// A text as it comes back; empty: the actor crashed before it answered.
  std::string ask() {
    caf::scoped_actor self{sys};
    std::string text;
    self->request(subject, 60s,
                  redact_texts{{raw_text{"FIRST-123456 EVEN-123456 ODD-123456 "
                                         "LAST-123456"}},
                               redaction_profile::store})
        .receive(
            [&](const texts_redacted& done) { text = done.texts.at(0).view(); },
            [](const caf::error&) {});
    return text;
  }
};

bool masked(const std::string& text, const std::string& word) {
  return !text.empty() && text.find(word + "-") == text.npos;
}

} // namespace

CAF_TEST_FIXTURE_SCOPE(restart_tests, fixture)

CAF_TEST(an actor that restarts during reloads works by what it was told last) {
  const auto even = masks("EVEN");
  const auto odd = masks("ODD");
  const auto last = masks("LAST");
  constexpr int reloads = 2'000;
  reload(even);
  std::atomic<bool> over{false};
  std::thread reloading{[&] {
    for (int i = 0; i < reloads; ++i) {
      reload(i % 2 == 0 ? odd : even);
      std::this_thread::sleep_for(100us);
    }
    reload(last);
    over = true;
  }};
  std::thread crashing{[&] {
    while (!over) {
      crash();
      std::this_thread::sleep_for(300us);
    }
  }};
  int answers = 0;
  int wrong = 0;
  while (!over) {
    const auto text = ask();
    answers += text.empty() ? 0 : 1;
    wrong += masked(text, "FIRST") ? 1 : 0;
  }
  reloading.join();
  crashing.join();
  crash();
  std::string text;
  while (text.empty())
    text = ask();
  CAF_CHECK(answers > 0);
  CAF_CHECK_EQUAL(wrong, 0); // what it was started with is long over
  CAF_CHECK(masked(text, "LAST"));
  CAF_CHECK(!masked(text, "EVEN") && !masked(text, "ODD"));
  CAF_CHECK(counters->read(counter::actor_restarts_total, "redaction") > 0);
  CAF_CHECK_EQUAL(fatal->read(), "");
}

CAF_TEST_FIXTURE_SCOPE_END()
