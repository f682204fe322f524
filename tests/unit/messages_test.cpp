// libs: telltale_messages
#define CAF_SUITE unit.messages

#include "messages/actor_timer.hpp"
#include "messages/counters.hpp"
#include "messages/error.hpp"
#include "messages/event.hpp"
#include "messages/failure_reason.hpp"
#include "messages/task.hpp"
#include "messages/time.hpp"
#include "messages/uuid.hpp"

#include <set>

#include <caf/test/dsl.hpp>

using namespace telltale;

CAF_TEST(a uuid is read and written in its canonical form alone) {
  const auto id = parse_uuid("018F3A5C-0000-7abc-8def-0123456789aB");
  CAF_REQUIRE(id.has_value());
  CAF_CHECK_EQUAL(to_string(*id), "018f3a5c-0000-7abc-8def-0123456789ab");
  for (const auto* wrong : {"", "018f3a5c", "018f3a5c00007abc8def0123456789ab",
                            "018f3a5c-0000-7abc-8def-0123456789ag",
                            "018f3a5c-0000-7abc-8def-0123456789ab ",
                            "{18f3a5c-0000-7abc-8def-0123456789ab"})
    CAF_CHECK(!parse_uuid(wrong).has_value());
}

CAF_TEST(fresh uuids ascend and carry version and variant) {
  std::set<uuid> seen;
  auto last = make_uuid_v7();
  for (int i = 0; i < 10'000; ++i) {
    const auto next = make_uuid_v7();
    CAF_REQUIRE(last < next);
    seen.insert(next);
    last = next;
  }
  CAF_CHECK_EQUAL(seen.size(), 10'000u);
  CAF_CHECK_EQUAL(last.bytes[6] >> 4, 7);
  CAF_CHECK_EQUAL(last.bytes[8] >> 6, 2);
}

CAF_TEST(a moment survives being written and read) {
  const auto when = parse_rfc3339("2026-06-23T10:49:00.000001Z");
  CAF_REQUIRE(when.has_value());
  CAF_CHECK_EQUAL(format_rfc3339(*when), "2026-06-23T10:49:00.000001Z");
  const std::pair<const char*, const char*> rows[] = {
      {"2026-06-23 10:49:00+00", "2026-06-23T10:49:00.000000Z"},
      {"2026-06-23T12:49:00.5+02:00", "2026-06-23T10:49:00.500000Z"},
      {"2026-06-23T10:49:00.123456789z", "2026-06-23T10:49:00.123456Z"},
      {"2025-12-31T23:59:60Z", "2026-01-01T00:00:00.000000Z"},
      {"1969-12-31T23:59:59.25-0030", "1970-01-01T00:29:59.250000Z"},
  };
  for (const auto& [text, expected] : rows)
    CAF_CHECK_EQUAL(format_rfc3339(parse_rfc3339(text).value()), expected);
  for (const auto* wrong :
       {"", "2026-06-23", "2026-02-30T00:00:00Z", "2026-06-23T25:00:00Z",
        "2026-06-23T10:49:00", "2026-06-23T10:49:00.Z", "now",
        "2026-06-23T10:49:00Zx"})
    CAF_CHECK(!parse_rfc3339(wrong).has_value());
}

CAF_TEST(every reason that is produced is in the taxonomy) {
  CAF_CHECK(find_reason("local_directory_error") != nullptr);
  std::set<std::string_view> wires;
  for (const auto& row : failure_reasons()) {
    CAF_CHECK(is_valid_reason(row.wire));
    CAF_CHECK(wires.insert(row.wire).second);
    CAF_CHECK_EQUAL(failure_reason{row.code}.wire, row.wire);
    // A reason is retried if and only if it has a ceiling above one.
    CAF_CHECK_EQUAL(row.retried, row.attempts > 1);
    CAF_CHECK_EQUAL(row.side == failure_side::agent,
                    row.wire.starts_with("agent_error."));
  }
  CAF_CHECK_EQUAL(wires.size(), 29u);
  const failure_reason made_up{std::string{"custom_reason"}};
  CAF_CHECK_EQUAL(metric_label(made_up), "other");
  CAF_CHECK(side_of(made_up) == failure_side::agent);
}

CAF_TEST(a reason outside the taxonomy has a bounded plain form) {
  CAF_CHECK(is_valid_reason("a"));
  CAF_CHECK(is_valid_reason(std::string(64, 'x')));
  for (const auto& wrong :
       {std::string{}, std::string(65, 'x'), std::string{"Upper"},
        std::string{"with blank"}, std::string{"dash-ed"}, std::string{"<b>"}})
    CAF_CHECK(!is_valid_reason(wrong));
}

CAF_TEST(names and values of every enumeration go both ways) {
  for (const auto status :
       {task_status::queued, task_status::running, task_status::posting_result,
        task_status::succeeded, task_status::failed, task_status::timed_out,
        task_status::cancelled})
    CAF_CHECK(parse_task_status(to_string(status)) == status);
  for (const auto outcome :
       {task_outcome::delivered, task_outcome::clean, task_outcome::silent_noop,
        task_outcome::unverified, task_outcome::failed,
        task_outcome::cancelled})
    CAF_CHECK(parse_task_outcome(to_string(outcome)) == outcome);
  for (const auto type : {event_type::task_created, event_type::task_started,
                          event_type::task_succeeded, event_type::task_failed,
                          event_type::task_cancelled, event_type::task_amended,
                          event_type::task_recovered, event_type::delivery_sent,
                          event_type::delivery_dead})
    CAF_CHECK(parse_event_type(to_string(type)) == type);
  CAF_CHECK(!parse_task_status("done").has_value());
  CAF_CHECK(is_terminal(task_status::timed_out));
  CAF_CHECK(!is_terminal(task_status::posting_result));
}

CAF_TEST(an error keeps its code and its circumstances) {
  const auto error = make_error(ec::task_not_found, "no task 42");
  CAF_CHECK(code_of(error) == ec::task_not_found);
  CAF_CHECK_EQUAL(explain(error), "no task 42");
  CAF_CHECK_EQUAL(http_status(code_of(error)), 404u);
  CAF_CHECK_EQUAL(to_string(ec::stale_attempt), "stale_attempt");
  CAF_CHECK(code_of(caf::error{}) == ec::none);
  CAF_CHECK(code_of(caf::error{3, caf::atom("other")}) == ec::internal_error);
  CAF_CHECK_EQUAL(explain(make_error(ec::overloaded)),
                  std::string{describe(ec::overloaded)});
}

CAF_TEST(counters add up per label) {
  counter_board board;
  board.add(counter::reports_total, "ok", 3);
  board.add(counter::reports_total, "ok");
  board.add(counter::reports_total, "stale_attempt");
  board.set(counter::event_subscribers, {}, 7);
  CAF_CHECK_EQUAL(board.read(counter::reports_total, "ok"), 4.0);
  CAF_CHECK_EQUAL(board.read(counter::reports_total, "none"), 0.0);
  CAF_CHECK_EQUAL(board.samples().size(), 3u);
}

namespace {

using std::chrono::milliseconds;

tick_schedule::time_point at(int ms) {
  return tick_schedule::time_point{} + milliseconds{ms};
}

} // namespace

CAF_TEST(a tick is sent only where none is under way that comes as soon) {
  tick_schedule ticks;
  CAF_CHECK(ticks.bring_forward(at(0), at(5000)));
  ticks.sent();
  CAF_CHECK(!ticks.bring_forward(at(0), at(6000)));
  CAF_CHECK(ticks.bring_forward(at(0), at(40)));
  ticks.sent();
  CAF_CHECK_EQUAL(ticks.under_way(), 2u);
  CAF_CHECK(ticks.arrived(at(40)));
  // The one that was asked for first is still on its way, and is used.
  CAF_CHECK(!ticks.bring_forward(at(40), at(5040)));
  CAF_CHECK(!ticks.arrived(at(5000)));
  CAF_CHECK(ticks.lacks_tick());
  ticks.sent();
  CAF_CHECK(ticks.arrived(at(5040)));
  CAF_CHECK(!ticks.lacks_tick());
  CAF_CHECK_EQUAL(ticks.under_way(), 0u);
}

CAF_TEST(a tick that nobody wants any more is dropped and arms nothing) {
  tick_schedule ticks;
  CAF_CHECK(ticks.bring_forward(at(0), at(100)));
  ticks.sent();
  ticks.cancel();
  CAF_CHECK(!ticks.arrived(at(100)));
  CAF_CHECK(!ticks.lacks_tick());
  CAF_CHECK_EQUAL(ticks.under_way(), 0u);
}

CAF_TEST(a message that is no tick of the schedule changes nothing) {
  tick_schedule ticks;
  CAF_CHECK(!ticks.arrived(at(0)));
  CAF_CHECK(ticks.bring_forward(at(0), at(100)));
  ticks.sent();
  CAF_CHECK(!ticks.arrived(at(50)));
  CAF_CHECK_EQUAL(ticks.under_way(), 1u);
  CAF_CHECK(!ticks.lacks_tick());
  CAF_CHECK(ticks.arrived(at(100)));
}

CAF_TEST(a wish that replaces another postpones its tick) {
  tick_schedule ticks;
  CAF_CHECK(ticks.replace(at(0), at(100)));
  ticks.sent();
  CAF_CHECK(!ticks.replace(at(50), at(200)));
  CAF_CHECK(!ticks.arrived(at(100)));
  CAF_CHECK(ticks.lacks_tick());
  ticks.sent();
  CAF_CHECK(ticks.arrived(at(200)));
}

CAF_TEST(ten thousand wishes leave no more ticks than those that were sooner) {
  tick_schedule ticks;
  int now = 0;
  std::size_t most = 0;
  for (int i = 0; i < 10'000; ++i) {
    if (ticks.bring_forward(at(now), at(now + 5000)))
      ticks.sent();
    if (ticks.bring_forward(at(now), at(now + 40)))
      ticks.sent();
    most = std::max(most, ticks.under_way());
    now += 40;
    if (!ticks.arrived(at(now)) && ticks.lacks_tick())
      ticks.sent();
  }
  CAF_CHECK(most <= 3u);
}

CAF_TEST(labels that nobody foresaw do not make series without bound) {
  counter_board board;
  for (int i = 0; i < 5'000; ++i) {
    board.add(counter::tasks_failed_total, "made-up-" + std::to_string(i));
    board.observe(counter::send_seconds, "made-up-" + std::to_string(i), 1);
  }
  board.add(counter::tasks_failed_total, "made-up-3");
  CAF_CHECK_EQUAL(board.samples().size(), 1'001u);
  CAF_CHECK_EQUAL(board.distributions().size(), 1'001u);
  CAF_CHECK_EQUAL(board.read(counter::tasks_failed_total, "made-up-3"), 2);
  CAF_CHECK_EQUAL(board.read(counter::tasks_failed_total, "other"), 4'000);
  CAF_MESSAGE("other metrics have room of their own");
  board.add(counter::swept_total, "lease");
  CAF_CHECK_EQUAL(board.read(counter::swept_total, "lease"), 1);
}
