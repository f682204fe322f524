// libs: telltale_redaction
#define CAF_SUITE unit.redaction_actor

#include <memory>
#include <string>
#include <vector>

#include "actors/redaction/redaction.hpp"

#include <caf/test/dsl.hpp>

using namespace telltale;

namespace {

/// What the intake was sent.
struct inbox {
  report_batch batch;
  std::uint32_t lane = 0;
};

redacted_reports_handle::behavior_type
fake_intake(redacted_reports_handle::pointer, std::shared_ptr<inbox> got) {
  return {[got](reports_redacted& message) {
    got->batch = message.batch;
    got->lane = message.lane;
  }};
}

struct actor_fixture : test_coordinator_fixture<> {
  counter_board_ptr board = std::make_shared<counter_board>();
  live_engine_ptr engine = std::make_shared<live_engine>(
      std::make_shared<const redaction_engine>(config::redaction_config{}));
  redaction_actor subject = sys.spawn(redaction, engine, board);

  ~actor_fixture() {
    caf::anon_send_exit(subject, caf::exit_reason::user_shutdown);
    run();
  }
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(redaction_actor_tests, actor_fixture)

CAF_TEST(finding 8 reports come back clean and without their raw texts) {
  auto got = std::make_shared<inbox>();
  auto intake = sys.spawn(fake_intake, got);
  auto batch = std::make_shared<std::vector<report_flight>>(2);
  (*batch)[0].raw.detail = raw_text{"failed: password=hunter22"};
  (*batch)[0].raw.result_url = raw_text{"https://u:hunter22@h/r/1"};
  (*batch)[1].raw.detail = raw_text{" \n "};
  self->send(subject, redact_reports{batch, {}, intake, 3});
  run();
  CAF_REQUIRE(got->batch != nullptr);
  CAF_CHECK_EQUAL(got->lane, 3u);
  const auto& flight = (*got->batch)[0];
  CAF_CHECK_EQUAL(flight.ready.detail.view(),
                  "failed: password=[REDACTED:keyed-secret]");
  CAF_CHECK_EQUAL(flight.ready.result_url.view(),
                  "https://[REDACTED:url-userinfo]@h/r/1");
  CAF_CHECK(flight.raw.detail.empty());
  CAF_CHECK(flight.raw.result_url.empty());
  CAF_CHECK((flight.ready.findings == redaction_findings{{"keyed-secret", 1}}));
  CAF_CHECK((*got->batch)[1].ready.detail.empty());
  CAF_CHECK_EQUAL(board->read(counter::redactions_total, "keyed-secret"), 1.0);
  CAF_CHECK(board->read(counter::redacted_bytes_total) > 0);
  caf::anon_send_exit(intake, caf::exit_reason::user_shutdown);
}

CAF_TEST(texts are answered in their order and may be narrowed) {
  auto asked = self->request(
      subject, caf::infinite,
      redact_texts{{raw_text{"plain"}, raw_text{"pwd=hunter22"}, raw_text{}},
                   redaction_profile::store});
  run();
  texts_redacted answer;
  asked.receive([&](texts_redacted& x) { answer = std::move(x); },
                [&](caf::error& e) { CAF_FAIL(sys.render(e)); });
  CAF_REQUIRE_EQUAL(answer.texts.size(), 3u);
  CAF_CHECK_EQUAL(answer.texts[0].view(), "plain");
  CAF_CHECK_EQUAL(answer.texts[1].view(), "pwd=[REDACTED:keyed-secret]");
  CAF_CHECK(answer.texts[2].empty());
  CAF_CHECK_EQUAL(answer.findings.size(), 3u);
  auto narrowed = self->request(
      subject, caf::infinite,
      narrow_texts{{redacted_text::from_platform("in /home/alice/x")},
                   redaction_profile::event});
  run();
  narrowed.receive(
      [&](texts_redacted& x) {
        CAF_CHECK_EQUAL(x.texts.at(0).view(), "in /home/[user]/x");
      },
      [&](caf::error& e) { CAF_FAIL(sys.render(e)); });
}

CAF_TEST(a reload takes effect with the next text) {
  const auto ask = [&] {
    auto answer = self->request(
        subject, caf::infinite,
        redact_texts{{raw_text{"see TCK-123456"}}, redaction_profile::store});
    run();
    std::string text;
    answer.receive(
        [&](const texts_redacted& done) { text = done.texts.at(0).view(); },
        [](const caf::error&) {});
    return text;
  };
  CAF_CHECK_EQUAL(ask(), "see TCK-123456");
  config::redaction_config options;
  config::pattern_config pattern;
  pattern.name = "ticket";
  pattern.keywords = {"TCK-"};
  pattern.regex = "TCK-[0-9]{6}";
  options.patterns.push_back(pattern);
  engine->replace(std::make_shared<const redaction_engine>(options));
  CAF_CHECK_EQUAL(ask(), "see [REDACTED:custom]");
}

CAF_TEST_FIXTURE_SCOPE_END()
