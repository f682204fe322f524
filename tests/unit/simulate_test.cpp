// libs: telltale_simulation
#define CAF_SUITE unit.simulate

#include "commands/simulate/simulate.hpp"
#include "commands/simulate/simulate_dialect.hpp"
#include "commands/simulate/simulate_mix.hpp"

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

#include <caf/test/dsl.hpp>

using namespace telltale::commands;
using namespace std::chrono_literals;
namespace json = boost::json;

namespace {

/// The sentence with which a mix is refused; empty: it is not.
std::string refusal_of(std::string_view text) {
  try {
    (void)parse_mix(text);
    return {};
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
}

/// What a truthful service tells of such a task.
json::object truth_of(behaviour what, std::uint64_t n) {
  auto wanted = expected_of(what, n);
  json::object out;
  out["status"] = wanted.status.empty() ? "failed" : wanted.status;
  out["outcome"] = wanted.outcome;
  out["failure_reason"] = nullptr;
  if (!wanted.reasons.empty())
    out["failure_reason"] = wanted.reasons.back();
  out["error_detail"] = nullptr;
  if (!wanted.marker.empty())
    out["error_detail"] = "words (" + wanted.marker + ")";
  out["attempts"] = json::array(wanted.attempts, nullptr);
  return out;
}

wire_report success_report() {
  wire_report report;
  report.status = "succeeded";
  report.posted = 1;
  return report;
}

std::vector<std::string> check(behaviour what, std::uint64_t n,
                               const json::object& told) {
  return disagreements(expected_of(what, n), told, json::serialize(told));
}

} // namespace

CAF_TEST(a mix names its weights its work and its seed) {
  auto mix = parse_mix("seed = 7\n[weights]\ncrash = 3\nsilence = 1\n"
                       "[work]\nleast = \"10ms\"\nmost = \"2s\"\n");
  CAF_CHECK_EQUAL(mix.seed, 7u);
  CAF_CHECK(mix.least_work == 10ms);
  CAF_CHECK(mix.most_work == 2s);
  for (std::uint64_t n = 0; n < 200; ++n) {
    auto what = pick(mix, n);
    CAF_CHECK(what == behaviour::crash || what == behaviour::silence);
  }
}

CAF_TEST(a wrong mix is refused with its line) {
  CAF_CHECK_EQUAL(refusal_of("[weights]\ncrush = 3\n"),
                  "line 2: no such behaviour: crush");
  CAF_CHECK_EQUAL(refusal_of("[weights]\ncrash = -1\n"),
                  "line 2: a weight is a whole number from 0 to 1000000");
  CAF_CHECK_EQUAL(refusal_of("[weights]\ncrash = 0\n"), "all weights are 0");
  CAF_CHECK_EQUAL(refusal_of("[work]\nleast = 5\n"),
                  "line 2: wants a duration such as \"50ms\"");
  CAF_CHECK_EQUAL(refusal_of("[work]\nleast = \"5s\"\nmost = \"1s\"\n"),
                  "line 1: work.least is more than work.most");
  CAF_CHECK(refusal_of("[weights\n").find("line 1") == 0);
  CAF_CHECK(refusal_of("speed = 3\n").find("expected seed")
            != std::string::npos);
  CAF_CHECK_EQUAL(refusal_of("seed = 3\n"), "");
}

CAF_TEST(behaviours come in the proportion of their weights) {
  behaviour_mix mix;
  mix.weights.fill(0);
  mix.weights[static_cast<std::size_t>(behaviour::delivered)] = 3;
  mix.weights[static_cast<std::size_t>(behaviour::crash)] = 1;
  int crashes = 0;
  for (std::uint64_t n = 0; n < 4000; ++n)
    crashes += pick(mix, n) == behaviour::crash ? 1 : 0;
  CAF_CHECK(crashes > 900 && crashes < 1100);
}

CAF_TEST(a late success happens only where the mix asks for it) {
  for (std::uint64_t n = 0; n < 3000; ++n)
    CAF_CHECK(pick(behaviour_mix{}, n) != behaviour::late_success);
}

CAF_TEST(the same mix scripts the same run) {
  behaviour_mix mix;
  for (std::uint64_t n = 0; n < 50; ++n) {
    auto one = script_of(mix, behaviour::secret_crash, n, 1);
    auto two = script_of(mix, behaviour::secret_crash, n, 1);
    CAF_CHECK_EQUAL(one.last.detail, two.last.detail);
    CAF_CHECK(one.work == two.work);
    CAF_CHECK(one.work >= mix.least_work && one.work <= mix.most_work);
  }
}

CAF_TEST(a retried run fails once and then delivers) {
  behaviour_mix mix;
  auto first = script_of(mix, behaviour::retried, 4, 1).last;
  auto second = script_of(mix, behaviour::retried, 4, 2).last;
  CAF_CHECK_EQUAL(first.status, "failed");
  CAF_CHECK_EQUAL(first.failure_reason, "agent_error.provider_network");
  CAF_CHECK_EQUAL(second.status, "succeeded");
  CAF_CHECK_EQUAL(attempts_of(behaviour::retried), 2u);
}

CAF_TEST(secrets that are expected away are in the words of the run) {
  behaviour_mix mix;
  auto words = script_of(mix, behaviour::secret_crash, 9, 1).last.detail;
  auto wanted = expected_of(behaviour::secret_crash, 9);
  CAF_CHECK_EQUAL(wanted.secrets.size(), 3u);
  for (const auto& secret : wanted.secrets)
    CAF_CHECK(words.find(secret) != std::string::npos);
  CAF_CHECK(words.find(wanted.marker) != std::string::npos);
}

CAF_TEST(a truthful service is believed about every behaviour) {
  for (std::size_t i = 0; i < behaviours; ++i) {
    auto what = static_cast<behaviour>(i);
    auto found = check(what, 5, truth_of(what, 5));
    CAF_CHECK(found.empty());
  }
}

CAF_TEST(every lie is found) {
  auto lie = [](behaviour what, auto change) {
    auto told = truth_of(what, 5);
    change(told);
    return check(what, 5, told).size();
  };
  CAF_CHECK_EQUAL(
      lie(behaviour::silent_noop, [](auto& t) { t["outcome"] = "delivered"; }),
      1u);
  CAF_CHECK_EQUAL(
      lie(behaviour::crash, [](auto& t) { t["status"] = "succeeded"; }), 1u);
  CAF_CHECK_EQUAL(
      lie(behaviour::crash, [](auto& t) { t["failure_reason"] = nullptr; }),
      1u);
  CAF_CHECK_EQUAL(lie(behaviour::delivered,
                      [](auto& t) { t["failure_reason"] = "timeout"; }),
                  1u);
  CAF_CHECK_EQUAL(
      lie(behaviour::crash, [](auto& t) { t["error_detail"] = "other"; }), 1u);
  CAF_CHECK_EQUAL(
      lie(behaviour::retried, [](auto& t) { t["attempts"] = json::array{1}; }),
      1u);
  auto secret = expected_of(behaviour::secret_crash, 5).secrets.front();
  CAF_CHECK_EQUAL(
      lie(behaviour::secret_crash, [&](auto& t) { t["title"] = secret; }), 1u);
  CAF_CHECK_EQUAL(
      lie(behaviour::silence, [](auto& t) { t["status"] = "running"; }), 1u);
}

CAF_TEST(percentiles are nearest ranks) {
  latencies times;
  CAF_CHECK(times.percentile(0.5) == 0us);
  for (int i = 100; i >= 1; --i)
    times.all.emplace_back(i);
  CAF_CHECK(times.percentile(0.5) == 50us);
  CAF_CHECK(times.percentile(0.99) == 99us);
  CAF_CHECK(times.percentile(1) == 100us);
}

CAF_TEST(a simulation is true only if everything was checked) {
  simulation_result result;
  CAF_CHECK(!result.is_true());
  result.created = 3;
  result.checked = 2;
  CAF_CHECK(!result.is_true());
  result.unsettled = 1;
  CAF_CHECK(result.is_true());
  CAF_CHECK(as_table(result).find("is what the service tells")
            != std::string::npos);
  result.lies.emplace_back("status is running, not failed");
  CAF_CHECK(!result.is_true());
  CAF_CHECK(as_table(result).find("NOT") != std::string::npos);
  CAF_CHECK(as_json(result).find("\"ok\":false") != std::string::npos);
}

CAF_TEST(a daemon insists on its reports and a job on nothing) {
  const auto wait = [](dialect by, insistence how, unsigned tries) {
    return next_try(by, how, tries);
  };
  std::vector<std::chrono::milliseconds> waits;
  for (unsigned i = 0; i < 5; ++i)
    waits.push_back(*wait(dialect::daemon, insistence::terminal, i));
  CAF_CHECK(waits
            == (std::vector<std::chrono::milliseconds>{4s, 8s, 16s, 32s, 64s}));
  CAF_CHECK(wait(dialect::daemon, insistence::terminal, 1000) == 30s);
  CAF_CHECK(!wait(dialect::daemon, insistence::ordinary, 8));
  CAF_CHECK(!wait(dialect::native, insistence::terminal, 8));
  CAF_CHECK(!wait(dialect::job, insistence::terminal, 0));
}

CAF_TEST(an outbox keeps what may be taken later) {
  const auto answer = [](unsigned status, std::string_view title) {
    service_answer out;
    out.status = status;
    out.body = json::object{{"title", title}};
    return out;
  };
  CAF_CHECK(ends_replay(answer(200, "")));
  CAF_CHECK(ends_replay(answer(400, "")));
  CAF_CHECK(ends_replay(answer(403, "")));
  CAF_CHECK(ends_replay(answer(404, "task not found: there is no such task")));
  CAF_CHECK(!ends_replay(answer(404, "nothing is here")));
  CAF_CHECK(!ends_replay(answer(409, "")));
  CAF_CHECK(!ends_replay(answer(503, "")));
  CAF_CHECK(!ends_replay(answer(0, "")));
}

CAF_TEST(what a daemon has no words for is played as what is next to it) {
  CAF_CHECK(as_played(dialect::daemon, behaviour::clean)
            == behaviour::silent_noop);
  CAF_CHECK(as_played(dialect::native, behaviour::clean) == behaviour::clean);
  CAF_CHECK(expected_by(dialect::daemon, behaviour::clean, 1).outcome
            == "silent_noop");
  CAF_CHECK(expected_by(dialect::daemon, behaviour::timed_out, 1).reasons
            == expected_of(behaviour::crash, 1).reasons);
  const auto call = daemon_end_call("r", success_report());
  CAF_CHECK_EQUAL(call.path, "/api/daemon/tasks/r/complete");
}
