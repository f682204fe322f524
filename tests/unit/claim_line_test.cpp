// libs: telltale_gateway
#define CAF_SUITE unit.claim_line

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "actors/gateway/claims.hpp"

#include "tests/support/checks.hpp"

// Which waiting claim asks the store when, and which does not. Claims have the
// numbers 1, 2, … in the order of their arrival.

using namespace telltale;
using namespace std::chrono_literals;

namespace {

using numbers = std::vector<claim_line::number>;
using kinds = std::vector<std::string>;

claim_line::time_point at(std::chrono::milliseconds moment) {
  return claim_line::time_point{moment};
}

struct line_fixture {
  claim_line line;
  edge_tally_ptr tally = std::make_shared<edge_tally>();
  std::vector<pending_reply_ptr> clients{nullptr};

  void arrive(kinds takes, std::chrono::milliseconds deadline = 30s,
              const std::string& runner = {}) {
    parked_claim claim;
    claim.what.runner = {runner};
    claim.reply =
        std::make_shared<pending_reply>(nullptr, "request", tally, false);
    claim.what.kinds = std::move(takes);
    claim.deadline = at(deadline);
    clients.push_back(claim.reply);
    line.arrive(std::move(claim));
  }

  /// One that has asked in vain.
  void park(kinds takes, std::chrono::milliseconds deadline = 30s) {
    arrive(std::move(takes), deadline);
    for (const auto claim : asked())
      CAF_CHECK(nothing(claim));
  }

  numbers asked() {
    numbers claims;
    for (const auto& question : line.take_questions())
      claims.push_back(question.claim);
    return claims;
  }

  /// True: it waits on.
  bool nothing(claim_line::number claim) {
    return !line.found_nothing(claim, at(0s), std::nullopt);
  }

  bool found(claim_line::number claim, const kinds& what) {
    return line.found(claim, what).has_value();
  }
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(claim_line_tests, line_fixture)

CAF_TEST(a new task wakes the longest waiting claim that takes it alone) {
  park({"b"});
  park({"a", "c"});
  park({});
  park({"a"});
  line.announce("a");
  CAF_CHECK_EQUAL(asked(), numbers{2});
  line.announce("a");
  CAF_CHECK_EQUAL(asked(), numbers{3});
  line.announce("a");
  CAF_CHECK_EQUAL(asked(), numbers{4});
  CAF_CHECK(found(2, {"a"}));
  CAF_CHECK(found(3, {"a"}));
  CAF_CHECK(found(4, {"a"}));
  CAF_CHECK_EQUAL(asked(), numbers{});
  CAF_CHECK_EQUAL(line.size(), 1u);
}

CAF_TEST(two hundred sets of kinds that want something else ask nothing) {
  for (int i = 0; i < 200; ++i)
    park({"kind-" + std::to_string(i)});
  line.announce("another");
  CAF_CHECK_EQUAL(asked(), numbers{});
  line.announce("kind-7");
  CAF_CHECK_EQUAL(asked(), numbers{8});
}

CAF_TEST(a burst wakes as many claims as it has tasks) {
  for (int i = 0; i < 20; ++i)
    park({"a"});
  for (int i = 0; i < 5; ++i)
    line.announce("a");
  CAF_CHECK_EQUAL(asked(), (numbers{1, 2, 3, 4, 5}));
  for (claim_line::number claim = 1; claim <= 5; ++claim)
    CAF_CHECK(found(claim, {"a"}));
  CAF_CHECK_EQUAL(asked(), numbers{});
}

CAF_TEST(a claim for whose task somebody was faster keeps its place) {
  park({"a"});
  park({"a"});
  line.announce("a");
  CAF_CHECK_EQUAL(asked(), numbers{1});
  CAF_CHECK(nothing(1)); // asked after the task was there: nothing is left
  CAF_CHECK_EQUAL(asked(), numbers{});
  line.announce("a");
  CAF_CHECK_EQUAL(asked(), numbers{1});
}

CAF_TEST(the next one asks if the woken claim is not carried out) {
  park({"a"});
  park({"b"});
  park({});
  line.announce("a");
  CAF_CHECK_EQUAL(asked(), numbers{1});
  CAF_CHECK(line.failed(1, std::nullopt)); // its client had gone
  CAF_CHECK_EQUAL(asked(), numbers{3});
}

CAF_TEST(the next one asks if the woken claim takes another task) {
  park({"a", "b"});
  park({"a"});
  line.announce("a");
  CAF_CHECK_EQUAL(asked(), numbers{1});
  CAF_CHECK(found(1, {"b"}));
  CAF_CHECK_EQUAL(asked(), numbers{2});
}

CAF_TEST(a claim that took more than was announced leaves nothing to ask for) {
  park({"a"});
  park({"a"});
  line.announce("a");
  line.announce("a");
  CAF_CHECK_EQUAL(asked(), (numbers{1, 2}));
  CAF_CHECK(found(1, {"a", "a"}));
  CAF_CHECK_EQUAL(asked(), numbers{});
  CAF_CHECK(nothing(2));
}

CAF_TEST(a claim that asks already is not asked twice unless it took nothing) {
  arrive({"a"});
  CAF_CHECK_EQUAL(asked(), numbers{1});
  line.announce("a"); // perhaps after its question was answered
  CAF_CHECK_EQUAL(asked(), numbers{});
  CAF_CHECK(nothing(1));
  CAF_CHECK_EQUAL(asked(), numbers{1});
  line.announce("b");
  CAF_CHECK(nothing(1));
  CAF_CHECK_EQUAL(asked(), numbers{});
}

CAF_TEST(what was announced while a claim asked goes to the next) {
  arrive({"a"});
  arrive({"a"});
  CAF_CHECK_EQUAL(asked(), (numbers{1, 2}));
  CAF_CHECK(nothing(2));
  line.announce("a");
  CAF_CHECK_EQUAL(asked(), numbers{2}); // parked, so it goes first
  CAF_CHECK(found(2, {"a"}));
  line.announce("a");
  park({"a"});
  CAF_CHECK(found(1, {"b"}));
  CAF_CHECK_EQUAL(asked(), numbers{3});
}

CAF_TEST(a task of an unknown kind is looked for set by set) {
  park({"a"});
  park({"a"});
  park({"b"});
  park({});
  line.announce("");
  CAF_CHECK_EQUAL(asked(), numbers{1});
  CAF_CHECK(nothing(1));
  CAF_CHECK_EQUAL(asked(), numbers{3}); // not 2, who takes no more than 1
  CAF_CHECK(nothing(3));
  CAF_CHECK_EQUAL(asked(), numbers{4});
  CAF_CHECK(nothing(4)); // takes any: there is none
  CAF_CHECK_EQUAL(asked(), numbers{});
}

CAF_TEST(what comes due is looked for by one of each set until nothing is left) {
  park({"a"});
  park({"a"});
  park({"b"});
  line.announce_later("a", at(5s));
  CAF_CHECK(line.next_tick() == at(5s));
  line.tick(at(4999ms));
  CAF_CHECK_EQUAL(asked(), numbers{});
  line.tick(at(5s));
  CAF_CHECK_EQUAL(asked(), numbers{1});
  CAF_CHECK(found(1, {"a"}));
  CAF_CHECK_EQUAL(asked(), numbers{2});
  CAF_CHECK(!line.found_nothing(2, at(5s), at(9s)));
  CAF_CHECK_EQUAL(asked(), numbers{});
  CAF_CHECK(line.next_tick() == at(9s));
}

CAF_TEST(many due times of one set need one) {
  park({"a"});
  for (int i = 1; i <= 1'000; ++i)
    line.announce_later("a", at(1s * i));
  line.tick(at(1'000s));
  CAF_CHECK_EQUAL(asked(), numbers{1});
  CAF_CHECK(nothing(1));
  CAF_CHECK_EQUAL(asked(), numbers{});
  CAF_CHECK(line.next_tick() == at(30s)); // its deadline alone
}

CAF_TEST(after missed events one of each set looks) {
  park({"a"});
  park({"a"});
  park({"b"});
  line.announce_all();
  CAF_CHECK_EQUAL(asked(), (numbers{1, 3}));
  line.announce_all(); // those two look once more, nobody else does
  CAF_CHECK_EQUAL(asked(), numbers{});
  CAF_CHECK(nothing(1));
  CAF_CHECK(found(3, {"b"}));
  CAF_CHECK_EQUAL(asked(), numbers{1});
  CAF_CHECK(nothing(1));
  CAF_CHECK_EQUAL(asked(), numbers{});
}

CAF_TEST(while the database fails waiting claims keep waiting) {
  park({"a"});
  park({"a"});
  line.announce("a");
  CAF_CHECK_EQUAL(asked(), numbers{1});
  CAF_CHECK(line.failed(1, at(1s)));
  CAF_CHECK_EQUAL(asked(), numbers{});
  line.tick(at(1s));
  CAF_CHECK_EQUAL(asked(), numbers{2});
}

CAF_TEST(a claim leaves with its client or at its deadline) {
  park({"a"}, 10s);
  park({"a"}, 20s);
  arrive({"a"}, 5s);
  CAF_CHECK_EQUAL(asked(), numbers{3});
  CAF_CHECK(!line.leave(clients[3])); // its answer is under way
  CAF_CHECK(line.leave(clients[1]));
  CAF_CHECK(!line.leave(clients[1]));
  CAF_CHECK(line.next_tick() == at(20s));
  CAF_CHECK(line.expire(at(19s)).empty());
  CAF_CHECK_EQUAL(line.expire(at(20s)).size(), 1u);
  CAF_CHECK(line.found_nothing(3, at(20s), std::nullopt));
  CAF_CHECK_EQUAL(line.size(), 0u);
  CAF_CHECK(!line.next_tick());
}

CAF_TEST(a stop lets nobody park any more) {
  park({"a"});
  arrive({"a"});
  CAF_CHECK_EQUAL(asked(), numbers{2});
  CAF_CHECK_EQUAL(line.drain().size(), 1u);
  CAF_CHECK(!nothing(2));
  CAF_CHECK_EQUAL(line.size(), 0u);
}

CAF_TEST(a claim that asks for long holds a bounded number of announcements) {
  arrive({"a"});
  CAF_CHECK_EQUAL(asked(), numbers{1});
  for (int i = 0; i < 10'000; ++i)
    line.announce("a");
  // More than it can hold: its set of kinds looks until nothing is left.
  for (claim_line::number next = 2; next < 500; ++next) {
    arrive({"a"});
    CAF_CHECK_EQUAL(asked(), numbers{next});
    CAF_CHECK(nothing(next));
  }
  CAF_CHECK(found(1, {"a"}));
  CAF_CHECK(asked().size() <= 128u);
}

CAF_TEST(a task is news once and the list of news stays short) {
  announced_tasks news;
  const task_id first{make_uuid_v7()};
  CAF_CHECK(news.is_first_mention(first));
  CAF_CHECK(!news.is_first_mention(first));
  for (std::size_t i = 0; i < announced_tasks::most; ++i)
    CAF_CHECK(news.is_first_mention(task_id{make_uuid_v7()}));
  CAF_CHECK_EQUAL(news.size(), announced_tasks::most);
  CAF_CHECK(news.is_first_mention(first));
}

CAF_TEST(a task for one runner has its claims ask and no others) {
  arrive({"a"}, 30s, "r1");
  arrive({"a"}, 30s, "r2");
  arrive({}, 30s, "r2");
  for (const auto claim : asked())
    CAF_CHECK(nothing(claim));
  line.announce_for({"r2"});
  CAF_CHECK(asked() == (numbers{2, 3}));
  CAF_CHECK(nothing(2) && nothing(3));
  line.announce_for({"r3"});
  CAF_CHECK(asked().empty());
  line.announce_for_later({"r2"}, at(5s));
  CAF_CHECK(line.next_tick() == at(5s));
  line.tick(at(4s));
  CAF_CHECK(asked().empty());
  line.tick(at(5s));
  CAF_CHECK(asked() == (numbers{2, 3}));
}

CAF_TEST(who asks while a task for it comes asks once more) {
  arrive({"a"}, 30s, "r1");
  CAF_CHECK(asked() == numbers{1});
  line.announce_for({"r1"});
  CAF_CHECK(nothing(1));
  CAF_CHECK(asked() == numbers{1});
}

CAF_TEST_FIXTURE_SCOPE_END()
