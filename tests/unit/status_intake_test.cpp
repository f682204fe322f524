// libs: telltale_status_intake
#define CAF_SUITE unit.status_intake

#include <map>
#include <string>
#include <vector>

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include "actors/persistence/persistence.hpp"
#include "actors/status_intake/classify/classify.hpp"
#include "actors/status_intake/status_intake.hpp"
#include "actors/status_intake/validate.hpp"

#include <caf/test/dsl.hpp>

namespace telltale {

/// Stands in for redaction's, which this test does not link.
class redaction_seal {
public:
  static std::string open(const raw_text& text) { return text.text_; }
  static redacted_text seal(std::string text) {
    return redacted_text{std::move(text)};
  }
};

} // namespace telltale

using namespace telltale;

namespace {

status_report report(task_status status, std::string detail = {}) {
  status_report what;
  what.task = task_id{make_uuid_v7()};
  what.status = status;
  what.detail = raw_text{std::move(detail)};
  return what;
}

/// What arrives where, in order.
struct journal {
  std::vector<report_batch> settled;
  std::map<std::uint32_t, std::vector<apply_status>> committed; ///< by writer
  masks_missed_handle again;
};

report_waiter_actor::behavior_type waiter(report_waiter_actor::pointer,
                                          journal* to) {
  return {[=](reports_settled& done) { to->settled.push_back(done.batch); }};
}

redaction_actor::behavior_type fake_redaction(redaction_actor::pointer self) {
  return {
      [=](redact_reports& what) {
        // What was learned shows in the text.
        if (!what.masks.empty())
          what.batch->front().raw.detail = raw_text{"masked"};
        for (auto& pending : *what.batch) {
          pending.ready.detail =
              redaction_seal::seal(redaction_seal::open(pending.raw.detail));
          pending.raw.detail = raw_text{};
        }
        self->send(what.back_to, reports_redacted{std::move(what.batch),
                                                  what.waiter, what.writer});
      },
      [](redact_texts&) { return texts_redacted{}; },
      [](narrow_texts&) { return texts_redacted{}; },
      [](seal_masks&) { return masks_sealed{{"sealed"}}; },
      [](const options_changed<redaction_engine_ptr>&) {}};
}

report_store_actor::behavior_type
fake_store(report_store_actor::pointer, journal* to, std::uint32_t writer) {
  return {[=](commit_reports& what) {
            for (auto& pending : *what.batch)
              to->committed[writer].push_back(pending.ready);
            to->again = what.again;
          },
          [](flush_reports&) {}, [](flush_tick&) {},
          [](const options_changed<task_rules_ptr>&) {}};
}

struct fixture : test_coordinator_fixture<> {
  journal seen;
  report_waiter_actor end = sys.spawn(waiter, &seen);
  redaction_actor redaction = sys.spawn(fake_redaction);
  std::vector<report_store_actor> stores{sys.spawn(fake_store, &seen, 0U),
                                         sys.spawn(fake_store, &seen, 1U),
                                         sys.spawn(fake_store, &seen, 2U)};
  status_intake_actor intake =
      sys.spawn(status_intake, std::vector<redaction_actor>{redaction}, stores,
                counter_board_ptr{});

  fixture() { run(); }

  void send_reports(std::vector<status_report> reports) {
    auto batch = std::make_shared<std::vector<pending_report>>();
    for (auto& what : reports) {
      pending_report pending;
      pending.raw = std::move(what);
      batch->push_back(std::move(pending));
    }
    self->send(intake, reports_received{batch, report_waiter_handle{end}});
    run();
  }

  std::string only_reason() {
    return all_committed().at(0).failure_reason->wire;
  }

  std::vector<apply_status> all_committed() {
    std::vector<apply_status> all;
    for (auto& [writer, list] : seen.committed)
      all.insert(all.end(), list.begin(), list.end());
    return all;
  }
};

} // namespace

CAF_TEST(reports that no runner may send are refused) {
  auto good = report(task_status::failed);
  CAF_CHECK(validate(good) == ec::none);
  CAF_CHECK(validate(report(task_status::queued)) == ec::unsupported_status);
  auto bad = good;
  bad.posted = -1;
  CAF_CHECK(validate(bad) == ec::invalid_field);
  bad = good;
  bad.failure_reason = failure_reason{"Not A Reason"};
  CAF_CHECK(validate(bad) == ec::invalid_field);
  bad = good;
  bad.failure_reason = failure_reason{std::string(65, 'a')};
  CAF_CHECK(validate(bad) == ec::invalid_field);
  bad = good;
  bad.runner = runner_id{""};
  CAF_CHECK(validate(bad) == ec::invalid_field);
  bad.runner = runner_id{std::string(129, 'r')};
  CAF_CHECK(validate(bad) == ec::invalid_field);
  bad.runner = runner_id{std::string("a\0b", 3)};
  CAF_CHECK(validate(bad) == ec::invalid_field);
  bad.runner = runner_id{"\xff"};
  CAF_CHECK(validate(bad) == ec::invalid_field);
  std::string wide;
  for (int i = 0; i < 128; ++i)
    wide += "\xe4\xbd\xa0";
  bad.runner = runner_id{wide};
  CAF_CHECK(validate(bad) == ec::none);
}

CAF_TEST_FIXTURE_SCOPE(status_intake_tests, fixture)

CAF_TEST(bad reports are settled at once and good ones go on) {
  auto bad = report(task_status::failed);
  bad.posted = -5;
  send_reports({report(task_status::running), bad, report(task_status::queued),
                report(task_status::succeeded)});
  CAF_REQUIRE_EQUAL(seen.settled.size(), 1u);
  CAF_REQUIRE_EQUAL(seen.settled[0]->size(), 2u);
  CAF_CHECK(seen.settled[0]->at(0).result == ec::invalid_field);
  CAF_CHECK(seen.settled[0]->at(1).result == ec::unsupported_status);
  CAF_CHECK_EQUAL(all_committed().size(), 2u);
}

CAF_TEST(reports about one task keep writer and order) {
  std::vector<status_report> reports;
  std::vector<task_id> tasks;
  for (int i = 0; i < 20; ++i)
    tasks.push_back(task_id{make_uuid_v7()});
  for (std::uint32_t round = 1; round <= 5; ++round)
    for (const auto& task : tasks) {
      auto what = report(task_status::running);
      what.task = task;
      what.attempt = round;
      reports.push_back(what);
    }
  send_reports(reports);
  std::map<std::string, std::uint32_t> last;
  std::map<std::string, std::uint32_t> lane_of_task;
  std::size_t count = 0;
  for (const auto& [writer, list] : seen.committed)
    for (const auto& ready : list) {
      const auto id = to_string(ready.task);
      CAF_CHECK_EQUAL(*ready.attempt, last[id] + 1);
      last[id] = *ready.attempt;
      CAF_CHECK(!lane_of_task.contains(id) || lane_of_task[id] == writer);
      lane_of_task[id] = writer;
      ++count;
    }
  CAF_CHECK_EQUAL(count, reports.size());
  CAF_CHECK(seen.committed.size() > 1);
}

CAF_TEST(reports whose values to mask were missed take their writer once more) {
  auto first = report(task_status::failed, "names the host");
  const auto task = first.task;
  send_reports({std::move(first)});
  CAF_REQUIRE_EQUAL(seen.committed.size(), 1u);
  const auto writer = seen.committed.begin()->first;
  auto batch = std::make_shared<std::vector<pending_report>>(1);
  batch->front().raw.task = task;
  batch->front().raw.status = task_status::failed;
  batch->front().ready = seen.committed[writer].front();
  self->send(seen.again, masks_missed{batch,
                                      report_waiter_handle{end},
                                      {task_masks{task, 1, {{"sealed"}}}}});
  run();
  CAF_REQUIRE_EQUAL(seen.committed.size(), 1u);
  CAF_REQUIRE_EQUAL(seen.committed[writer].size(), 2u);
  CAF_CHECK_EQUAL(seen.committed[writer].back().detail.view(), "masked");
  CAF_CHECK_EQUAL(seen.committed[writer].back().telling_line.view(), "masked");
}

CAF_TEST(a blank detail counts as absent) {
  send_reports({report(task_status::failed, " \n\t\xc2\xa0"),
                report(task_status::failed, "real")});
  std::vector<std::string> details;
  for (const auto& ready : all_committed())
    details.push_back(ready.detail.view());
  std::sort(details.begin(), details.end());
  CAF_CHECK_EQUAL(details, (std::vector<std::string>{"", "real"}));
}

CAF_TEST(what ends with a detail has its telling line) {
  const std::string text = "> build\nok 7\nerror: no space left on device\n"
                           "cleaning up";
  auto handed_over = report(task_status::succeeded, text);
  handed_over.kind = report_kind::produced;
  send_reports({report(task_status::failed, text),
                report(task_status::succeeded, text),
                report(task_status::cancelled, text),
                report(task_status::posting_result, text)});
  for (const auto& ready : all_committed())
    CAF_CHECK_EQUAL(ready.telling_line.view(), read_failure(text).telling_line);
  CAF_CHECK(!read_failure(text).telling_line.empty());
  seen.committed.clear();
  CAF_MESSAGE("but what is cleared or is to be posted has none");
  send_reports({report(task_status::running, text), handed_over});
  CAF_CHECK_EQUAL(all_committed().size(), 2u);
  for (const auto& ready : all_committed())
    CAF_CHECK(ready.telling_line.empty());
}

CAF_TEST(a failure always leaves with a reason and a success with none) {
  auto named = report(task_status::succeeded, "fine");
  named.failure_reason = failure_reason{"timeout"};
  send_reports({named});
  CAF_REQUIRE_EQUAL(all_committed().size(), 1u);
  CAF_CHECK(!all_committed()[0].failure_reason);
  seen.committed.clear();
  send_reports({report(task_status::failed, "connection refused")});
  CAF_CHECK_EQUAL(only_reason(), "agent_error.provider_network");
  seen.committed.clear();
  send_reports({report(task_status::timed_out)});
  CAF_CHECK_EQUAL(only_reason(), "timeout");
}

CAF_TEST_FIXTURE_SCOPE_END()
