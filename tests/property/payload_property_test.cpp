// libs: telltale_failed_task_payload telltale_persistence Boost::json
#define CAF_SUITE property.payload

#include <array>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include <boost/json.hpp>

#include "actors/failed_task_payload/build.hpp"
#include "actors/persistence/lifecycle/transition.hpp"
#include "actors/persistence/postgres/facts_codec.hpp"
#include "actors/persistence/stored_text.hpp"

#include <caf/test/dsl.hpp>

using namespace telltale;
using namespace std::chrono_literals;

namespace {

constexpr int rounds = 2000;

const std::array<std::string_view, 24> keys{
    "schema",          "event_id",       "type",
    "task_id",         "attempt",        "max_attempts",
    "chat_session_id", "workspace_id",   "agent_id",
    "issue_id",        "kind",           "title",
    "status",          "failure_reason", "failure_side",
    "error",           "error_origin",   "telling_line",
    "cause",           "retry_pending",  "next_attempt_at",
    "occurred_at",     "run_url",        "amends"};

/// Random rows, the same for the same seed.
class dice {
public:
  explicit dice(unsigned seed) : random_(seed) {}

  std::uint32_t below(std::uint32_t limit) {
    return std::uniform_int_distribution<std::uint32_t>{0, limit - 1}(random_);
  }

  bool flip() { return below(2) == 0; }

  /// Texts with everything that JSON has to escape, and more.
  std::string text() {
    constexpr std::array<std::string_view, 14> pieces{
        "plain",  "\"",         "\\",           "\n", "\t",   "\x01", "/",
        "\u2028", "\U0001f525", "\u4efb\u52a1", "{}", "null", " ",    "\x7f"};
    std::string result;
    for (auto left = below(8); left > 0; --left)
      result += pieces[below(pieces.size())];
    return result;
  }

  redacted_text stored() { return stored_text::from_store(text()); }

  uuid id() {
    uuid result;
    for (auto& byte : result.bytes)
      byte = static_cast<std::uint8_t>(below(256));
    return result;
  }

  timestamp time() {
    return timestamp{1'700'000'000s} + std::chrono::microseconds{below(~0U)};
  }

  failure_reason why() {
    const auto rows = failure_reasons();
    const auto at = below(static_cast<std::uint32_t>(rows.size()) + 1);
    return at < rows.size() ? failure_reason{rows[at].code}
                            : failure_reason{"made_up.by_a_runner"};
  }

  task_status failure() {
    return flip() ? task_status::failed : task_status::timed_out;
  }

private:
  std::mt19937 random_;
};

/// An attempt under way, and what both paths will see of it.
task_snapshot roll_active(dice& roll) {
  task_snapshot found;
  auto& task = found.task;
  task.id.value = roll.id();
  task.kind = roll.text();
  task.title = roll.stored();
  task.status =
      roll.flip() ? task_status::running : task_status::posting_result;
  task.attempt = 1 + roll.below(3);
  task.max_attempts = 1 + roll.below(4);
  task.runner.value = "r1";
  task.agent.value = roll.text();
  task.issue.value = roll.text();
  task.workspace.value = roll.text();
  task.chat_session.value = roll.text();
  task.created_at = roll.time();
  task.started_at = task.created_at + 1s;
  task.lease_expires_at = task.created_at + 61s;
  attempt_record attempt;
  attempt.task = task.id;
  attempt.number = task.attempt;
  attempt.runner = task.runner;
  attempt.started_at = *task.started_at;
  found.attempt = attempt;
  return found;
}

event_facts roll_facts(dice& roll) {
  event_facts facts;
  facts.id.value = roll.id();
  facts.type = static_cast<event_type>(roll.below(8));
  facts.occurred_at = roll.time();
  facts.task.value = roll.id();
  facts.attempt = roll.below(9);
  facts.max_attempts = roll.below(9);
  facts.kind = roll.text();
  facts.title = roll.stored();
  facts.chat_session.value = roll.text();
  facts.workspace.value = roll.text();
  facts.agent.value = roll.text();
  facts.issue.value = roll.text();
  facts.status = roll.failure();
  if (roll.flip())
    facts.outcome = static_cast<task_outcome>(roll.below(6));
  if (roll.flip())
    facts.failure_reason = roll.why();
  facts.error = roll.stored();
  facts.telling_line = roll.stored();
  if (roll.flip())
    facts.cause = "0123456789abcdef";
  if (!facts.error.empty())
    facts.origin =
        roll.flip() ? detail_origin::runner : detail_origin::platform;
  facts.will_retry = roll.flip();
  if (roll.flip())
    facts.retry_at = roll.time();
  if (roll.flip())
    facts.delivery = delivery_id{roll.id()};
  facts.relay = roll.text();
  if (roll.flip())
    facts.amended = event_id{roll.id()};
  return facts;
}

/// The bytes of a payload without the two values that may differ.
std::string comparable(event_facts facts, dice& roll) {
  facts.id.value = roll.id();
  facts.occurred_at = roll.time();
  auto text = payload_builder::build(facts, "https://t.example")->json();
  for (const auto& value :
       {to_string(facts.id), format_rfc3339(facts.occurred_at)}) {
    const auto at = text.find(value);
    if (at == std::string::npos)
      return "a value is missing: " + value;
    text.erase(at, value.size());
  }
  return text;
}

/// How the report path and the sweep path tell of the same failed row.
struct both_paths {
  event_facts reported;
  event_facts swept;
};

both_paths fail_both_ways(dice& roll, redacted_text told_before) {
  const auto found = [&] {
    auto result = roll_active(roll);
    result.task.error_detail = told_before;
    result.task.telling_line = told_before;
    result.task.claimed = roll.flip();
    return result;
  }();
  const config::retry_config retry;
  decision_context context;
  context.now = roll.time();
  context.lease = 60s;
  context.retry = &retry;
  context.chance = roll.below(1000) / 1000.0;
  const auto status = roll.failure();
  const auto why = roll.why();

  apply_status report;
  report.task = found.task.id;
  report.status = status;
  report.failure_reason = why;
  report.attempt = found.task.attempt;
  sweep_tasks sweep;
  sweep.kind = roll.flip() ? sweep_kind::lease : sweep_kind::runner_offline;
  sweep.failure_reason = why;
  sweep.status = status;
  sweep.sentinel = redacted_text::from_platform("task timed out");
  // A row without a word of the runner's gets the sentinel from a sweep; the
  // report that leaves the same row says it itself.
  if (told_before.empty())
    report.detail = report.telling_line = sweep.sentinel;
  both_paths result;
  result.reported = decide_report(found, report, context).event.value();
  result.swept = decide_sweep(found, sweep, {}, context).event.value();
  return result;
}

} // namespace

CAF_TEST(a failed row reads the same whichever path failed it) {
  dice roll{20260623};
  int different = 0;
  int retried = 0;
  for (int i = 0; i < rounds; ++i) {
    auto detail = roll.stored();
    if (detail.empty())
      detail = redacted_text::from_platform("a word");
    const auto [reported, swept] = fail_both_ways(roll, detail);
    const auto left = comparable(reported, roll);
    const auto right = comparable(swept, roll);
    if (left != right && ++different == 1)
      CAF_MESSAGE(left << " is not " << right);
    retried += reported.will_retry ? 1 : 0;
  }
  CAF_CHECK_EQUAL(different, 0);
  CAF_MESSAGE("the rows were of both kinds");
  CAF_CHECK_GREATER(retried, rounds / 100);
  CAF_CHECK_LESS(retried, rounds);
}

CAF_TEST(a sentinel differs from a runner saying the same by its origin alone) {
  dice roll{9};
  int different = 0;
  for (int i = 0; i < rounds / 4; ++i) {
    auto [reported, swept] = fail_both_ways(roll, {});
    CAF_REQUIRE(swept.origin == detail_origin::platform);
    CAF_REQUIRE(reported.origin == detail_origin::runner);
    swept.origin = reported.origin;
    different += comparable(reported, roll) == comparable(swept, roll) ? 0 : 1;
  }
  CAF_CHECK_EQUAL(different, 0);
}

CAF_TEST(facts survive the log and give the same bytes) {
  dice roll{1};
  int lost = 0;
  int changed = 0;
  for (int i = 0; i < rounds; ++i) {
    const auto facts = roll_facts(roll);
    const auto read = read_facts(write_facts(facts));
    if (read != facts) {
      ++lost;
      continue;
    }
    const auto before = payload_builder::build(facts, "https://t.example");
    const auto after = payload_builder::build(*read, "https://t.example");
    changed += before->envelope() == after->envelope() ? 0 : 1;
  }
  CAF_CHECK_EQUAL(lost, 0);
  CAF_CHECK_EQUAL(changed, 0);
  for (const auto* text : {"", "null", "[]", "{}", "{\"id\":1}", "{\"id\":"})
    CAF_CHECK(!read_facts(text));
}

CAF_TEST(every payload has every key in one order and survives a parser) {
  dice roll{7};
  int wrong = 0;
  int misread = 0;
  for (int i = 0; i < rounds; ++i) {
    auto facts = roll_facts(roll);
    facts.type = event_type::task_failed;
    const auto event =
        payload_builder::build(facts, roll.flip() ? "" : "http://x");
    const auto envelope = boost::json::parse(event->envelope()).as_object();
    const auto& payload = envelope.at("payload").as_object();
    std::size_t at = 0;
    bool ordered = payload.size() == keys.size();
    for (const auto& entry : payload)
      ordered = ordered && at < keys.size() && entry.key() == keys[at++];
    wrong += ordered ? 0 : 1;
    misread += payload.at("title").as_string() == facts.title.view() ? 0 : 1;
    for (const auto* key : {"type", "task_id", "chat_session_id", "event_id"})
      misread += envelope.at(key) == payload.at(key) ? 0 : 1;
    misread +=
        payload.at("chat_session_id").is_null() == facts.chat_session.empty()
            ? 0
            : 1;
  }
  CAF_CHECK_EQUAL(wrong, 0);
  CAF_CHECK_EQUAL(misread, 0);
}
