// libs: telltale_gateway
#define CAF_SUITE unit.gateway_mutes

#include <chrono>
#include <string>
#include <vector>

#include "tests/support/gateway_fixture.hpp"

#include "tests/support/checks.hpp"

using namespace telltale;
using namespace telltale::test;

CAF_TEST_FIXTURE_SCOPE(gateway_mutes_tests, gateway_fixture)

CAF_TEST(a mute is kept with its end and its note after redaction) {
  const auto made = ask(call::put_mute, {},
                        R"({"relay":"octo","chat_id":"c1","for":"2h",)"
                        R"("note":"release"})");
  CAF_REQUIRE_EQUAL(made->status(), 200u);
  CAF_CHECK(made->says(R"("chat_id":"c1")"));
  CAF_CHECK(made->says(R"("note":"[clean]")"));
  CAF_CHECK(made->says(R"("waiting":3)"));
  CAF_CHECK(w.mutes.front().until > now_utc() + std::chrono::minutes{119});
  CAF_CHECK(ask(call::list_mutes)->says(R"({"mutes":[{"relay":"octo")"));
  CAF_MESSAGE("its end wakes the relay");
  w.woken.clear();
  const auto ended = ask(call::clear_mute, {}, {}, {}, {{"relay", "octo"}});
  CAF_CHECK_EQUAL(ended->status(), 204u);
  CAF_CHECK_EQUAL(w.woken, (std::vector<std::string>{"octo"}));
  CAF_CHECK_EQUAL(
      ask(call::clear_mute, {}, {}, {}, {{"relay", "octo"}})->status(), 404u);
  CAF_CHECK_EQUAL(ask(call::clear_mute)->status(), 422u);
}

CAF_TEST(a mute without a good end or relay is refused) {
  for (const auto* body :
       {R"({"relay":"octo"})", R"({"for":"2h"})",
        R"({"relay":"octo","for":"2h","until":"2999-01-01T00:00:00Z"})",
        R"({"relay":"octo","until":"2999-01-01T00:00:00Z"})",
        R"({"relay":"octo","until":"2001-01-01T00:00:00Z"})",
        R"({"relay":"octo","for":"soon"})", R"({"relay":"none","for":"2h"})"})
    CAF_CHECK_EQUAL(ask(call::put_mute, {}, body)->status(), 422u);
  CAF_CHECK(w.mutes.empty());
}

CAF_TEST(all that is dead goes out again and its relays wake) {
  const auto one = ask(call::redeliver_dead, {}, R"({"relay":"octo"})");
  CAF_CHECK_EQUAL(one->status(), 202u);
  CAF_CHECK(one->says(R"({"redelivered":7})"));
  CAF_CHECK_EQUAL(ask(call::redeliver_dead)->status(), 202u);
  CAF_CHECK_EQUAL(w.woken, (std::vector<std::string>{"octo", "every one"}));
  CAF_CHECK_EQUAL(
      ask(call::redeliver_dead, {}, R"({"relay":"none"})")->status(), 422u);
}

CAF_TEST_FIXTURE_SCOPE_END()
