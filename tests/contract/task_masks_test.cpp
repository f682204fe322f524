// libs: telltale_task_worlds telltale_persistence
#define CAF_SUITE contract.task_masks

#include <algorithm>

#include "tests/support/task_worlds.hpp"

#include "tests/support/checks.hpp"

// Values to mask, as every task store keeps them.

using namespace telltale;
using namespace std::chrono_literals;

namespace {

using st = task_status;

pending_report pending_of(apply_status what, std::uint32_t known) {
  pending_report pending;
  pending.ready = std::move(what);
  pending.masks_known = known;
  return pending;
}

std::vector<pending_report> apply(task_world& w,
                                  std::vector<pending_report> batch) {
  CAF_REQUIRE(w.store().apply(batch));
  return batch;
}

std::vector<std::string> stored(task_world& w, task_id task) {
  const auto found = w.store().masks({task});
  CAF_REQUIRE(found);
  std::vector<std::string> out;
  for (const auto& masks : *found)
    for (const auto& sealed : masks.sealed)
      out.push_back(sealed.bytes);
  return out;
}

} // namespace

CAF_TEST(a report that was masked with too little leaves no trace) {
  CAF_CHECK(in_both_worlds([](task_world& w) {
    const auto task = w.create().id;
    auto claimed = w.store().claim({{"r1"}, {}, 1, {"c2VhbGVk"}});
    CAF_REQUIRE(claimed);
    CAF_REQUIRE_EQUAL(claimed->answer.tasks.size(), 1u);
    CAF_CHECK(claimed->answer.tasks[0] == w.find(task).task);
    CAF_CHECK(stored(w, task) == std::vector<std::string>{"c2VhbGVk"});
    auto told = apply(w, {pending_of(saying(task, st::failed, "half"), 0)});
    CAF_CHECK_EQUAL(told[0].result, ec::masks_unknown);
    CAF_CHECK_EQUAL(w.find(task).task.status, st::running);
    CAF_CHECK_EQUAL(w.told(task, "task:failed"), 0u);
    told = apply(w, {pending_of(saying(task, st::failed, "whole"), 1)});
    CAF_CHECK_EQUAL(told[0].result, ec::none);
    CAF_CHECK_EQUAL(w.told(task, "task:failed"), 1u);
  }));
}

CAF_TEST(a report registers the values that it brings) {
  CAF_CHECK(in_both_worlds([](task_world& w) {
    const auto task = w.create().id;
    w.claim();
    CAF_CHECK(stored(w, task).empty());
    auto failed = saying(task, st::failed, "masked");
    failed.mask = {"b25l"};
    // Words of the same batch before it were not masked with its values, and
    // need not be.
    auto told = apply(
        w, {pending_of(saying(task, st::running), 0), pending_of(failed, 0)});
    CAF_CHECK_EQUAL(told[0].result, ec::none);
    CAF_CHECK_EQUAL(told[1].result, ec::none);
    CAF_CHECK(told[1].ready.mask.empty());
    CAF_CHECK(stored(w, task) == std::vector<std::string>{"b25l"});
    told = apply(w, {pending_of(saying(task, st::failed, "again"), 0)});
    CAF_CHECK_EQUAL(told[0].result, ec::masks_unknown);
    const auto masks = w.store().masks({task, task_id{make_uuid_v7()}});
    CAF_REQUIRE(masks);
    CAF_REQUIRE_EQUAL(masks->size(), 1u);
    CAF_CHECK_EQUAL(masks->front().count, 1u);
    CAF_CHECK_EQUAL(masks->front().task, task);
  }));
}

CAF_TEST(words that bring values to a task that knows others go back once) {
  CAF_CHECK(in_both_worlds([](task_world& w) {
    const auto task = w.create().id;
    CAF_REQUIRE(w.store().claim({{"r1"}, {}, 1, {"b25l"}}));
    auto running = saying(task, st::running);
    running.mask = {"dHdv"};
    auto told = apply(w, {pending_of(running, 0)});
    CAF_CHECK_EQUAL(told[0].result, ec::masks_unknown);
    CAF_CHECK((stored(w, task) == std::vector<std::string>{"b25l", "dHdv"}));
    CAF_CHECK(told[0].ready.mask.empty());
    told[0].masks_known = 2;
    CAF_CHECK_EQUAL(apply(w, std::move(told))[0].result, ec::none);
  }));
}

CAF_TEST(values brought to a task that is not there are lost) {
  CAF_CHECK(in_both_worlds([](task_world& w) {
    const task_id nobody{make_uuid_v7()};
    auto failed = saying(nobody, st::failed, "x");
    failed.mask = {"b25l"};
    CAF_CHECK_EQUAL(apply(w, {pending_of(failed, 0)})[0].result,
                    ec::task_not_found);
    CAF_CHECK(stored(w, nobody).empty());
  }));
}

CAF_TEST(a day after the end of a task its values are gone) {
  const auto w = make_postgres_world();
  const auto task = w->create().id;
  CAF_REQUIRE(w->store().claim({{"r1"}, {}, 1, {"b25l"}}));
  const auto check = [&] { CAF_REQUIRE(w->store().check(check_truth{1min})); };
  w->advance(25h);
  check();
  CAF_CHECK_EQUAL(stored(*w, task).size(), 1u); // it is under way
  auto told = apply(*w, {pending_of(saying(task, st::failed, "x"), 1)});
  CAF_CHECK_EQUAL(told[0].result, ec::none);
  w->advance(23h);
  check();
  CAF_CHECK_EQUAL(stored(*w, task).size(), 1u);
  w->advance(2h);
  check();
  CAF_CHECK(stored(*w, task).empty());
  // What comes even later is masked like any text.
  told = apply(*w, {pending_of(saying(task, st::failed, "late"), 0)});
  CAF_CHECK_EQUAL(told[0].result, ec::none);
}
