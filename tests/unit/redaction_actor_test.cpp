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
  std::uint32_t writer = 0;
};

redacted_reports_handle::behavior_type
fake_intake(redacted_reports_handle::pointer, std::shared_ptr<inbox> got) {
  return {[got](reports_redacted& message) {
    got->batch = message.batch;
    got->writer = message.writer;
  }};
}

struct actor_fixture : test_coordinator_fixture<> {
  counter_board_ptr board = std::make_shared<counter_board>();
  redaction_engine_ptr engine =
      std::make_shared<const redaction_engine>(config::redaction_config{});
  mask_sealer_ptr sealer = std::make_shared<redact::mask_sealer>("key");
  redaction_actor subject = sys.spawn(redaction, engine, board, sealer);

  ~actor_fixture() {
    caf::anon_send_exit(subject, caf::exit_reason::user_shutdown);
    run();
  }
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(redaction_actor_tests, actor_fixture)

CAF_TEST(reports come back with clean texts) {
  auto got = std::make_shared<inbox>();
  auto intake = sys.spawn(fake_intake, got);
  auto batch = std::make_shared<std::vector<pending_report>>(2);
  (*batch)[0].raw.detail = raw_text{"failed: password=hunter22"};
  (*batch)[0].raw.result_url = raw_text{"https://u:hunter22@h/r/1"};
  (*batch)[1].raw.detail = raw_text{" \n "};
  self->send(subject, redact_reports{batch, {}, intake, 3});
  run();
  CAF_REQUIRE(got->batch != nullptr);
  CAF_CHECK_EQUAL(got->writer, 3u);
  const auto& pending = (*got->batch)[0];
  CAF_CHECK_EQUAL(pending.ready.detail.view(),
                  "failed: password=[REDACTED:keyed-secret]");
  CAF_CHECK_EQUAL(pending.ready.result_url.view(),
                  "https://[REDACTED:url-userinfo]@h/r/1");
  CAF_CHECK(
      (pending.ready.findings == redaction_findings{{"keyed-secret", 1}}));
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
      narrow_texts{{{redacted_text::from_platform("in /home/alice/x"),
                     redaction_profile::event},
                    {redacted_text::from_platform("in /home/alice/x"),
                     redaction_profile::store}}});
  run();
  narrowed.receive(
      [&](texts_redacted& x) {
        CAF_CHECK_EQUAL(x.texts.at(0).view(), "in /home/[user]/x");
        CAF_CHECK_EQUAL(x.texts.at(1).view(), "in /home/alice/x");
      },
      [&](caf::error& e) { CAF_FAIL(sys.render(e)); });
}

CAF_TEST(values that a report brings are masked in it and sealed for the store) {
  auto got = std::make_shared<inbox>();
  auto intake = sys.spawn(fake_intake, got);
  const auto send = [&](pending_report pending, std::vector<task_masks> masks) {
    auto batch = std::make_shared<std::vector<pending_report>>();
    batch->push_back(std::move(pending));
    self->send(subject, redact_reports{batch, {}, intake, 0, std::move(masks)});
    run();
    return (*got->batch)[0];
  };
  pending_report report;
  report.raw.task = task_id{make_uuid_v7()};
  report.raw.detail = raw_text{"on ci-worker-7 by ci-user-42"};
  report.raw.mask = {raw_text{"ci-worker-7"}, raw_text{"x"}};
  auto done = send(report, {});
  CAF_CHECK_EQUAL(done.ready.detail.view(),
                  "on [REDACTED:known-value] by ci-user-42");
  CAF_REQUIRE(!done.ready.mask.empty());
  CAF_CHECK_EQUAL(done.masks_known, 0u);
  CAF_CHECK(done.ready.mask.bytes.find("ci-worker") == std::string::npos);
  // What the store sends back is learned, and no news any more.
  const task_masks stored{
      report.raw.task, 2, {done.ready.mask, sealer->seal({"ci-user-42"})}};
  done = send(report, {stored});
  CAF_CHECK_EQUAL(done.ready.detail.view(),
                  "on [REDACTED:known-value] by [REDACTED:known-value]");
  CAF_CHECK(done.ready.mask.empty());
  CAF_CHECK_EQUAL(done.masks_known, 2u);
  // It stays known, and is of no other task.
  report.raw.mask.clear();
  CAF_CHECK_EQUAL(send(report, {}).masks_known, 2u);
  auto other = report;
  other.raw.task = task_id{make_uuid_v7()};
  done = send(other, {});
  CAF_CHECK_EQUAL(done.masks_known, 0u);
  CAF_CHECK_EQUAL(done.ready.detail.view(), "on ci-worker-7 by ci-user-42");
  // The last word lets it go.
  report.raw.status = task_status::failed;
  CAF_CHECK_EQUAL(send(report, {}).masks_known, 2u);
  CAF_CHECK_EQUAL(send(report, {}).masks_known, 0u);
  caf::anon_send_exit(intake, caf::exit_reason::user_shutdown);
}

CAF_TEST(a report whose values cannot be opened shows nothing) {
  auto got = std::make_shared<inbox>();
  auto intake = sys.spawn(fake_intake, got);
  auto batch = std::make_shared<std::vector<pending_report>>(2);
  (*batch)[0].raw.task = task_id{make_uuid_v7()};
  (*batch)[0].raw.detail = raw_text{"on ci-worker-7"};
  (*batch)[1].raw.task = (*batch)[0].raw.task;
  const task_masks stored{(*batch)[0].raw.task,
                          1,
                          {redact::mask_sealer{"lost"}.seal({"ci-worker-7"})}};
  self->send(subject, redact_reports{batch, {}, intake, 0, {stored}});
  run();
  const auto& first = (*got->batch)[0];
  CAF_CHECK_EQUAL(first.ready.detail.view(), "[REDACTED:unreadable-masks]");
  CAF_CHECK_EQUAL(first.masks_known, 1u);
  CAF_CHECK((*got->batch)[1].ready.detail.empty());
  caf::anon_send_exit(intake, caf::exit_reason::user_shutdown);
}

CAF_TEST(values of a claim are sealed) {
  const auto ask = [&](std::vector<raw_text> values) {
    auto answer =
        self->request(subject, caf::infinite, seal_masks{std::move(values)});
    run();
    sealed_masks sealed;
    answer.receive([&](masks_sealed& x) { sealed = std::move(x.sealed); },
                   [&](caf::error& e) { CAF_FAIL(sys.render(e)); });
    return sealed;
  };
  const auto opened = sealer->open(ask({raw_text{" ci-user-42\n"}}));
  CAF_REQUIRE(opened);
  CAF_CHECK((*opened == std::vector<std::string>{"ci-user-42"}));
  CAF_CHECK(ask({raw_text{"short"}, raw_text{}}).empty());
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
  self->send(subject, options_changed<redaction_engine_ptr>{
                          std::make_shared<const redaction_engine>(options)});
  CAF_CHECK_EQUAL(ask(), "see [REDACTED:custom]");
}

CAF_TEST_FIXTURE_SCOPE_END()
