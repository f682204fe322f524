// libs: telltale_relay telltale_failed_task_payload
#define CAF_SUITE unit.relay_lease
#include <string>
#include <vector>

#include "tests/support/relay_world.hpp"

using namespace std::chrono_literals;
using namespace telltale;
using namespace telltale::test;

namespace {

struct fixture : relay_fixture {
  /// As it comes right after its commit: leased for so long.
  notice fresh(std::uint8_t number, const std::string& chat,
               std::chrono::milliseconds lease = 5s) {
    auto result = due(number, chat);
    result.leased_until = now() + lease;
    return result;
  }

  steady_time now() { return sys.clock().now(); }

  void notify(std::vector<notice> notices) {
    self->send(relays.front(), notices_due{std::move(notices)});
    settle_all();
    pass(1ms);
  }

  /// One message in ten seconds.
  static config::relay_config slow() {
    auto options = chat_options();
    options.rate_per_app = 0.1;
    return options;
  }
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(relay_lease_tests, fixture)

CAF_TEST(a short lease is renewed as its message is sent) {
  const auto out = start();
  notify({fresh(1, "c1"), fresh(2, "c2")});
  CAF_CHECK_EQUAL(out->all.size(), 2u);
  CAF_REQUIRE_EQUAL(store->renewed.size(), 1u);
  CAF_CHECK_EQUAL(store->renewed[0].relay, "octo-main");
  CAF_CHECK_EQUAL(store->renewed[0].lease.count(), 60'000);
  CAF_CHECK_EQUAL(store->renewed[0].deliveries.size(), 2u);
  CAF_MESSAGE("once, and one that was taken with a long lease not at all");
  pass(20s);
  notify({fresh(3, "c3", 60s)});
  CAF_CHECK_EQUAL(out->all.size(), 3u);
  CAF_CHECK_EQUAL(store->renewed.size(), 1u);
}

CAF_TEST(a renewal that fails is tried again while the message is under way) {
  const auto out = start();
  store->broken = true;
  notify({fresh(1, "c1")});
  CAF_CHECK_EQUAL(out->all.size(), 1u);
  store->broken = false;
  pass(1s);
  CAF_REQUIRE_EQUAL(store->renewed.size(), 1u);
  CAF_CHECK(store->renewed[0].deliveries
            == std::vector<delivery_id>{due(1, "").id});
}

CAF_TEST(what is not sent by the end of its first lease is put back) {
  const auto out = start(slow());
  notify({fresh(1, "c1"), fresh(2, "c2")});
  answer(*out, message_sent{"m1"});
  CAF_REQUIRE_EQUAL(out->all.size(), 1u);
  pass(3s);
  CAF_CHECK_EQUAL(store->results.size(), 1u);
  const auto lease_end = now() + 2s;
  pass(1500ms);
  CAF_REQUIRE_EQUAL(store->results.size(), 2u);
  CAF_CHECK(last().id == due(2, "").id);
  CAF_CHECK(last().state == delivery_state::pending);
  CAF_CHECK(!last().counts && !last().doubtful);
  CAF_CHECK(last().leased_until <= lease_end);
  CAF_CHECK(last().leased_until > now());
  CAF_MESSAGE("never sent before it is leased again");
  pass(10s);
  CAF_CHECK_EQUAL(out->all.size(), 1u);
  deliver({fresh(2, "c2", 60s)});
  CAF_CHECK_EQUAL(out->all.size(), 2u);
}

CAF_TEST(what cannot be put back in time is let go and never sent) {
  const auto out = start(slow());
  notify({fresh(1, "c1"), fresh(2, "c2", 500ms)});
  CAF_CHECK_EQUAL(out->all.size(), 1u);
  store->broken = true;
  pass(20s);
  CAF_CHECK_EQUAL(out->all.size(), 1u);
}

CAF_TEST(a notice whose lease has ended on its way is not sent) {
  const auto out = start();
  const auto takes = store->takes.size();
  notify({fresh(1, "c1", 0s)});
  CAF_CHECK(out->all.empty());
  CAF_CHECK(store->results.empty());
  CAF_CHECK(store->takes.size() > takes);
}

CAF_TEST(a delivery that is leased anew while it is held is not made twice) {
  const auto out = start();
  notify({fresh(1, "c1")});
  deliver({fresh(1, "c1", 60s)});
  CAF_CHECK_EQUAL(out->all.size(), 1u);
  answer(*out, message_sent{"m1"});
  CAF_CHECK_EQUAL(out->all.size(), 1u);
  CAF_REQUIRE_EQUAL(store->results.size(), 1u);
  CAF_CHECK(last().state == delivery_state::sent);
}

CAF_TEST(a delivery whose end is not recorded yet is not made twice) {
  const auto out = start();
  notify({fresh(1, "c1")});
  store->broken = true;
  answer(*out, message_sent{"m1"});
  CAF_CHECK(store->results.empty());
  store->broken = false;
  deliver({fresh(1, "c1", 60s)});
  CAF_CHECK_EQUAL(out->all.size(), 1u);
  pass(2s);
  CAF_REQUIRE_EQUAL(store->results.size(), 1u);
  CAF_CHECK(last().state == delivery_state::sent);
  CAF_CHECK_EQUAL(out->all.size(), 1u);
}

CAF_TEST(what is leased behind another message of its chat is put back) {
  const auto out = start();
  notify({fresh(1, "c1")});
  notify({fresh(2, "c1")});
  CAF_CHECK_EQUAL(out->all.size(), 1u);
  CAF_REQUIRE_EQUAL(store->results.size(), 1u);
  CAF_CHECK(last().id == due(2, "").id);
  CAF_CHECK(!last().counts);
}

CAF_TEST_FIXTURE_SCOPE_END()
