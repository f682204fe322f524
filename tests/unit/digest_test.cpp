// libs: telltale_relay
#define CAF_SUITE unit.digest

#include <string>
#include <vector>

#include "actors/relay/text/catalog.hpp"
#include "actors/relay/text/digest.hpp"
#include "actors/relay/text/render.hpp"

#include <caf/test/dsl.hpp>

using namespace telltale;
using namespace std::chrono_literals;

namespace {

const catalog& english() {
  return catalog::of("en");
}

} // namespace

CAF_TEST(a storm becomes one message and its rest waits a while) {
  using action = digest_plan::action;
  const steady_time start{};
  recent_failures none;
  const auto plan = [&](std::size_t pending, const recent_failures& told,
                        steady_time now, bool all = true) {
    return plan_digest(pending, told, 5, 30s, all, now);
  };
  CAF_CHECK(plan(5, none, start).what == action::one_by_one);
  CAF_CHECK(plan(6, none, start).what == action::gather);
  recent_failures five;
  five.add(5, start);
  const auto held = plan(1, five, start + 4s);
  CAF_CHECK(held.what == action::hold);
  CAF_CHECK_EQUAL(held.hold_for.count(), 4000);
  CAF_CHECK(plan(1, five, start + 10s).what == action::one_by_one);
  CAF_CHECK(plan(3, five, start + 10s).what == action::gather);
  CAF_CHECK(plan(500, five, start + 1s, false).what == action::gather);
  five.forget_before(start + 1s);
  CAF_CHECK(plan(1, five, start + 31s).what == action::one_by_one);
}

CAF_TEST(a digest counts by reason and names the first) {
  std::vector<gathered_failure> failures{{"timeout", "a1", "", "First"},
                                         {"runtime_offline", "", "", ""},
                                         {"timeout", "", "", "Third"},
                                         {"made_up", "a1", "", ""},
                                         {"timeout", "", "", ""}};
  const auto words =
      render_digest(failures, "https://t.example/runs/7", english());
  CAF_CHECK_EQUAL(as_text(words),
                  "⚠️ 5 runs failed in a short time.\n3 × timed out\n"
                  "1 × other reasons\n1 × runner offline\n• First\n• Third\n"
                  "… and 3 more\nhttps://t.example/runs?outcome=failed");
  CAF_CHECK_EQUAL(words.open_run, english().phrase("open_list"));
  CAF_CHECK(render_digest(failures, "", english()).link.empty());
  for (const auto locale : catalog::locales())
    CAF_CHECK(render_digest(failures, "", catalog::of(locale))
                  .message.starts_with("⚠️ 5 "));
}

CAF_TEST(a digest counts by cause with the line that tells) {
  std::vector<gathered_failure> failures(
      4, {"timeout", "a1", "lock held by job 17", ""});
  failures[1].telling_line.clear(); // one of a storm, read for its count alone
  failures.push_back({"timeout", "b2", "no such \n bucket", "Fifth"});
  failures.push_back({"runtime_offline", "c3", "", "Sixth"});
  const auto words = render_digest(failures, "", english());
  CAF_CHECK_EQUAL(words.message, "⚠️ 6 runs failed in a short time.\n"
                                 "5 × timed out\n1 × runner offline");
  CAF_MESSAGE("what runners said is not among the platform's words");
  CAF_CHECK_EQUAL(words.copy, words.message);
  CAF_CHECK_EQUAL(words.detail,
                  "lock held by job 17 (×4)\nno such bucket (×1)\n"
                  "• Fifth\n• Sixth\n… and 4 more");
  for (char c = 'd'; c < 'j'; ++c)
    failures.push_back({"timeout", std::string{c}, std::string{c}, ""});
  CAF_CHECK(render_digest(failures, "", english())
                .detail.find("g (×1)\n… and 3 more\n• Fifth")
            != std::string::npos);
}
