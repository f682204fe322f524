// libs: telltale_lifecycle_model telltale_persistence
#define CAF_SUITE property.lifecycle_race

#include <atomic>
#include <mutex>
#include <set>
#include <thread>

#include "tests/support/lifecycle_model.hpp"

#include "tests/support/checks.hpp"

// The same random commands from several stores at once, each with a thread and
// a connection of its own, at the same tasks. Who wins is chance; that each
// attempt is settled once and each event written once is not.

using namespace telltale;
using namespace std::chrono_literals;

namespace {

constexpr std::size_t writers = 3;
constexpr std::size_t tasks = 5;
constexpr int commands = 60;

/// What all writers did together.
struct tally {
  std::mutex guard;
  std::multiset<event_id> told; ///< by the answers' facts
  std::vector<std::string> errors;

  template <class T> void add(const caf::expected<committed<T>>& done) {
    const std::lock_guard lock{guard};
    if (done)
      add_facts(done->events);
    else
      add_error(done.error());
  }

  void add_facts(const std::vector<committed_event>& facts) {
    for (const auto& fact : facts)
      told.insert(fact.id);
  }

  void add_error(const caf::error& error) {
    const auto code = code_of(error);
    if (code != ec::not_cancellable && code != ec::not_retryable)
      errors.push_back(explain(error));
  }
};

/// Sends a command to a store of its own.
struct writer {
  task_store& store;
  tally& sum;

  void operator()(const std::vector<apply_status>& reports) const {
    std::vector<pending_report> batch(reports.size());
    for (std::size_t i = 0; i < reports.size(); ++i)
      batch[i].ready = reports[i];
    const auto facts = store.apply(batch);
    const std::lock_guard lock{sum.guard};
    if (facts)
      sum.add_facts(*facts);
    else
      sum.add_error(facts.error());
  }
  void operator()(const claim_tasks& what) const { sum.add(store.claim(what)); }
  void operator()(const beat_heart& what) const { sum.add(store.beat({what})); }
  void operator()(const cancel_task& what) const {
    sum.add(store.cancel(what));
  }
  void operator()(const retry_task& what) const { sum.add(store.retry(what)); }
  void operator()(sweep_tasks what) const {
    what.threshold = what.kind == sweep_kind::runner_offline ? 1500s : 8ms;
    sum.add(store.sweep(what));
  }
  template <class T> void operator()(const T&) const {}
};

std::vector<task_record> look_at(task_store& store,
                                 const std::vector<task_id>& ids) {
  std::vector<task_record> found;
  for (const auto& id : ids)
    if (auto task = store.find({id}))
      found.push_back(std::move(task->task));
  return found;
}

} // namespace

CAF_TEST_FIXTURE_SCOPE(lifecycle_races, postgres_fixture)

CAF_TEST(stores that race settle each attempt once and tell each event once) {
  pg_options options;
  options.url = url();
  auto rules = lifecycle_rules();
  rules.lease = 4ms;
  rules.retry.reasons.clear(); // no wait before a retry that has none
  options.rules = rules;
  const auto keeper = make_pg_task_store(options);
  tally sum;
  std::vector<task_id> ids;
  for (std::size_t i = 0; i < tasks; ++i) {
    create_task what;
    what.task.id = task_id{make_uuid_v7()};
    what.task.kind = "review";
    what.task.max_attempts = 3;
    ids.push_back(what.task.id);
    sum.add(keeper->create(what));
  }
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < writers; ++i)
    threads.emplace_back([&, i] {
      const auto store = make_pg_task_store(options);
      lifecycle_script script{1000 + i};
      for (int left = commands; left > 0; --left) {
        const auto step = script.next(look_at(*store, ids));
        std::visit(writer{*store, sum}, step.what);
      }
    });
  for (auto& thread : threads)
    thread.join();
  for (const auto& error : sum.errors)
    CAF_ERROR(error);
  const auto stories = read_stories(url());
  CAF_CHECK_EQUAL(stories.size(), tasks);
  std::multiset<event_id> stored;
  for (const auto& [id, story] : stories) {
    CAF_CHECK_EQUAL(broken_law(story), "");
    for (const auto& event : story.events)
      stored.insert(event.id);
  }
  CAF_CHECK(stored == sum.told);
  CAF_CHECK(stored.size() > 4 * tasks);
  const auto checked = keeper->check(check_truth{24h});
  CAF_REQUIRE(checked);
  CAF_CHECK_EQUAL(checked->first, "");
}

CAF_TEST_FIXTURE_SCOPE_END()
