// libs: telltale_search
#define CAF_SUITE unit.search

#include <deque>

#include <caf/send.hpp>

#include "actors/search/search.hpp"

#include "tests/support/checks.hpp"

using namespace telltale;
using namespace std::chrono_literals;

namespace {

struct script {
  int asked = 0;
  std::deque<words_indexed> answers; ///< empty: there was nothing
  bool away = false;
};

search_store_actor::behavior_type fake_store(search_store_actor::pointer,
                                             script* s) {
  return {[s](const index_words&) -> caf::result<words_indexed> {
    ++s->asked;
    if (s->away)
      return make_error(ec::database_unavailable);
    if (s->answers.empty())
      return words_indexed{};
    const auto answer = s->answers.front();
    s->answers.pop_front();
    return answer;
  }};
}

struct fixture : test_coordinator_fixture<> {
  script s;
  counter_board_ptr counters = std::make_shared<counter_board>();
  search_actor uut;

  fixture() {
    uut = sys.spawn(search, sys.spawn(fake_store, &s), counters);
    settle();
  }

  ~fixture() {
    caf::anon_send_exit(uut, caf::exit_reason::user_shutdown);
    settle();
  }

  void settle() {
    while (consume_message()) {
    }
  }

  int asked_after(caf::timespan span) {
    advance_time(span);
    settle();
    return s.asked;
  }
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(search_tests, fixture)

CAF_TEST(what is there is indexed at once and then looked for now and then) {
  s.answers = {{word_index::ready, 500, true, false},
               {word_index::ready, 500, true, false}};
  CAF_CHECK_EQUAL(s.asked, 0);
  CAF_CHECK_EQUAL(asked_after(5s), 1);
  CAF_CHECK_EQUAL(asked_after(20ms), 2);
  CAF_CHECK_EQUAL(asked_after(20ms), 3);
  CAF_CHECK_EQUAL(asked_after(1s), 3);
  CAF_CHECK_EQUAL(asked_after(4s), 4);
}

CAF_TEST(reports are left nine tenths of the time) {
  const auto rest = [](bool contended, caf::timespan took) {
    return rest_after({word_index::ready, 500, true, contended}, took);
  };
  CAF_CHECK(rest(false, 50ms) == 50ms);
  CAF_CHECK(rest(true, 50ms) == 450ms);
  CAF_CHECK(rest(false, 1ms) == 20ms);
  CAF_CHECK(rest(true, 1ms) == 180ms);
  s.answers = {{word_index::ready, 500, true, true}};
  CAF_CHECK_EQUAL(asked_after(5s), 1);
  CAF_CHECK_EQUAL(asked_after(150ms), 1);
  CAF_CHECK_EQUAL(asked_after(30ms), 2);
}

CAF_TEST(a failure waits for the next look) {
  s.away = true;
  CAF_CHECK_EQUAL(asked_after(5s), 1);
  CAF_CHECK_EQUAL(asked_after(1s), 1);
  s.away = false;
  CAF_CHECK_EQUAL(asked_after(4s), 2);
}

CAF_TEST(a database without trigrams is asked seldom) {
  s.answers = {{word_index::missing, 0, false, false}};
  CAF_CHECK_EQUAL(asked_after(5s), 1);
  CAF_CHECK_EQUAL(asked_after(5min), 1);
  CAF_CHECK_EQUAL(asked_after(5min), 2);
}

CAF_TEST(one look is due at a time and it is asked once for each) {
  for (int i = 0; i < 50; ++i)
    self->send(uut, index_now{}); // from whomever: nobody waits for these
  settle();
  CAF_CHECK_EQUAL(s.asked, 0);
  for (int i = 0; i < 120; ++i)
    asked_after(5s);
  CAF_CHECK_EQUAL(s.asked, 120);
  CAF_CHECK_EQUAL(counters->read(counter::timers, search_state::name), 1);
}

CAF_TEST_FIXTURE_SCOPE_END()
