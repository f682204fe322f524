// libs: telltale_relay telltale_failed_task_payload
#define CAF_SUITE unit.relay_again
#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "actors/relay/delivery/relay_batch.hpp"
#include "tests/support/relay_world.hpp"

// An idempotency key is bound to its words: what may have reached a chat goes
// again as it went, and never as a part of another message.

using namespace std::chrono_literals;
using namespace telltale;
using namespace telltale::test;

namespace {

constexpr std::size_t many = 2'000;

/// One that went in this message before.
notice sent_in(notice one, delivery_id message, std::uint32_t tries = 1) {
  one.message = message;
  one.tries = tries;
  return one;
}

/// One of which only what counts need was read.
notice slim(notice one) {
  one.whole = false;
  return one;
}

/// One that a crash left behind.
notice left(notice one) {
  const auto id = one.id;
  return sent_in(std::move(one), id, 0);
}

/// The numbers of the deliveries in each message, joined.
std::vector<std::string>
messages_of(std::vector<notice> due,
            const config::relay_config& options = chat_options()) {
  std::map<std::string, recent_failures> told;
  const auto batch = sort_batch(std::move(due), told, options, many, {});
  std::vector<std::string> all;
  for (const auto& draft : batch.drafts) {
    auto& text = all.emplace_back(draft.gathered ? "together" : "alone");
    for (const auto& one : draft.of)
      text += " " + std::to_string(one.id.value.bytes[15]);
  }
  return all;
}

using texts = std::vector<std::string>;

} // namespace

CAF_TEST(a message whose answer was lost joins no storm) {
  std::vector<notice> all{sent_in(due(1, "c"), due(1, "c").id)};
  for (std::uint8_t i = 2; i <= 12; ++i)
    all.push_back(due(i, "c"));
  CAF_CHECK(messages_of(all)
            == (texts{"alone 1", "together 2 3 4 5 6 7 8 9 10 11 12"}));
}

CAF_TEST(what was told together is told together again) {
  std::vector<notice> all;
  for (std::uint8_t i = 1; i <= 7; ++i)
    all.push_back(sent_in(due(i, "c"), scripted_key(7)));
  all.push_back(due(8, "c"));
  CAF_CHECK(messages_of(all) == (texts{"together 1 2 3 4 5 6 7", "alone 8"}));
  CAF_MESSAGE("and so are two of them");
  std::vector<notice> two;
  for (std::uint8_t i = 1; i <= 3; ++i)
    two.push_back(sent_in(due(i, "c"), scripted_key(3), 0));
  for (std::uint8_t i = 4; i <= 5; ++i)
    two.push_back(sent_in(due(i, "c"), scripted_key(2), 0));
  CAF_CHECK(messages_of(two) == (texts{"together 1 2 3", "together 4 5"}));
}

CAF_TEST(one that is left of a message goes under its own key) {
  CAF_CHECK(messages_of({sent_in(due(1, "c"), scripted_key(3))})
            == (texts{"alone 1"}));
}

CAF_TEST(what a crash left behind goes as it may have gone) {
  std::vector<notice> few;
  for (std::uint8_t i = 1; i <= 3; ++i)
    few.push_back(left(due(i, "c")));
  for (std::uint8_t i = 4; i <= 9; ++i)
    few.push_back(due(i, "c"));
  CAF_CHECK(
      messages_of(few)
      == (texts{"alone 1", "alone 2", "alone 3", "together 4 5 6 7 8 9"}));
  CAF_MESSAGE("so many were never sent one by one");
  std::vector<notice> storm;
  for (std::uint8_t i = 1; i <= 9; ++i)
    storm.push_back(left(due(i, "c")));
  CAF_CHECK(messages_of(storm) == (texts{"together 1 2 3 4 5 6 7 8 9"}));
  CAF_MESSAGE("but where nothing is gathered they were");
  auto singly = chat_options();
  singly.digest_window = 0ms;
  CAF_CHECK_EQUAL(messages_of(storm, singly).size(), 9u);
}

CAF_TEST(one that came without its words is not told alone) {
  std::vector<notice> all;
  for (std::uint8_t i = 1; i <= 5; ++i)
    all.push_back(sent_in(due(i, "c"), scripted_key(5)));
  for (std::uint8_t i = 6; i <= 8; ++i)
    all.push_back(slim(due(i, "c")));
  std::map<std::string, recent_failures> told;
  const auto batch = sort_batch(all, told, chat_options(), many, {});
  CAF_REQUIRE_EQUAL(batch.drafts.size(), 1u);
  CAF_CHECK_EQUAL(batch.drafts[0].of.size(), 5u);
  CAF_REQUIRE_EQUAL(batch.settled.size(), 3u);
  for (const auto& one : batch.settled) {
    CAF_CHECK(one.state == delivery_state::pending);
    CAF_CHECK_EQUAL(one.retry_in.count(), 0);
    CAF_CHECK(!one.counts);
  }
}

CAF_TEST_FIXTURE_SCOPE(relay_again_tests, relay_fixture)

CAF_TEST(a message of several has the key that the store gave it) {
  const auto out = start();
  std::vector<notice> storm;
  for (std::uint8_t i = 1; i <= 8; ++i)
    storm.push_back(due(i, "c1"));
  deliver(storm);
  CAF_REQUIRE_EQUAL(out->all.size(), 1u);
  CAF_CHECK(out->all[0].key == scripted_key(8));
  CAF_REQUIRE_EQUAL(store->gathered.size(), 1u);
  CAF_CHECK_EQUAL(store->gathered[0].size(), 8u);
  answer(*out, no_answer);
  CAF_REQUIRE_EQUAL(store->results.size(), 8u);
  for (const auto& result : store->results)
    CAF_CHECK(result.doubtful);
}

CAF_TEST(a throttled message was not sent) {
  const auto out = start();
  deliver({due(1, "c1")});
  answer(*out, try_again{"429", 1s, true, false});
  CAF_REQUIRE_EQUAL(store->results.size(), 1u);
  CAF_CHECK(!last().doubtful);
  CAF_CHECK(store->gathered.empty());
}

CAF_TEST(a storm that the store cannot name yet is put back) {
  const auto out = start();
  std::vector<notice> storm;
  for (std::uint8_t i = 1; i <= 8; ++i)
    storm.push_back(due(i, "c1"));
  store->to_take.push_back({storm, false, {}});
  self->send(relays.front(), deliveries_due{});
  // The store breaks once the storm was taken.
  while (store->takes.size() < 2)
    consume_message();
  store->broken = true;
  settle_all();
  pass(1ms);
  CAF_CHECK(out->all.empty());
  store->broken = false;
  pass(2s);
  CAF_REQUIRE_EQUAL(store->results.size(), 8u);
  CAF_CHECK(last().state == delivery_state::pending);
  CAF_CHECK(!last().counts);
}

CAF_TEST_FIXTURE_SCOPE_END()
