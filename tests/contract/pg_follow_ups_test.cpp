// libs: telltale_task_worlds telltale_persistence
#define CAF_SUITE contract.pg_follow_ups

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "actors/persistence/persistence.hpp"
#include "tests/support/postgres_fixture.hpp"
#include "tests/support/task_worlds.hpp"

#include "tests/support/checks.hpp"

// Who hears that what was told was wrong, on PostgreSQL: corrections,
// recoveries, and what became of telling each task.

using namespace telltale;
using namespace std::chrono_literals;

namespace {

using st = task_status;

struct fixture : postgres_fixture {
  std::unique_ptr<task_store> store;

  fixture() {
    pg_options options;
    options.url = url();
    // Nothing is leased to this process: what is written waits.
    options.rules.relays = {{"chats", true, {}, 0ms}, {"hook", false, {}, 0ms}};
    store = make_pg_task_store(options);
    bind("c1");
  }

  void bind(const std::string& chat) const {
    chat_binding binding;
    binding.session = {"s1"};
    binding.relay = "chats";
    binding.chat_id = chat;
    CAF_REQUIRE(store->bind({binding}));
  }

  task_id create(const std::string& session = "s1") const {
    task_record wanted;
    wanted.id = task_id{make_uuid_v7()};
    wanted.kind = "review";
    wanted.max_attempts = 1;
    wanted.chat_session = {session};
    CAF_REQUIRE(store->create({wanted, {}}));
    return wanted.id;
  }

  report_effect say(task_id task, st status, std::uint32_t attempt,
                    reason why = reason::agent_provider_quota_limit) const {
    std::vector<pending_report> batch(1);
    auto& report = batch[0].ready;
    report = saying(task, status, is_failure(status) ? "no money" : "");
    report.attempt = attempt;
    if (is_failure(status))
      report.failure_reason = why;
    CAF_REQUIRE(store->apply(batch));
    CAF_CHECK_EQUAL(batch[0].result, ec::none);
    return batch[0].effect;
  }

  /// Claimed, gone silent, swept: `runtime_offline` is told as final.
  task_id swept(const std::string& session = "s1") const {
    const auto task = create(session);
    CAF_REQUIRE(store->claim({{"r1"}, {}, 1}));
    sweep_tasks sweep;
    sweep.kind = sweep_kind::recovery;
    sweep.failure_reason = failure_reason{reason::runtime_offline};
    sweep.sentinel = redacted_text::from_platform("runtime went offline");
    sweep.runner = {"r1"};
    CAF_REQUIRE(store->sweep(sweep));
    return task;
  }

  /// `type chat state corrects` of each delivery to a chat, oldest first.
  std::string chats(task_id task) const {
    return ask("SELECT coalesce(string_agg(e.type || ' ' || d.chat_id || ' '"
               " || d.state || CASE WHEN d.corrects THEN ' corrects' ELSE ''"
               " END, ', ' ORDER BY d.position), '') FROM deliveries d"
               " JOIN events e ON e.id = d.event_id WHERE d.chat_id <> ''"
               " AND d.task_id = '"
               + to_string(task) + "'");
  }

  std::string hooks(task_id task) const {
    return ask("SELECT string_agg(e.type, ' ' ORDER BY d.position)"
               " FROM deliveries d JOIN events e ON e.id = d.event_id"
               " WHERE d.chat_id = '' AND d.task_id = '"
               + to_string(task) + "'");
  }

  void set(task_id task, const std::string& columns) const {
    execute("UPDATE deliveries SET " + columns + " WHERE chat_id <> ''"
            + " AND state = 'pending' AND task_id = '" + to_string(task) + "'");
  }

  std::optional<told_summary> told(task_id task) const {
    const auto found = store->find({task});
    CAF_REQUIRE(found);
    return found->told;
  }
};

constexpr const char* sent =
    "state = 'sent', sent_at = created_at + interval '2 seconds',"
    " next_try_at = NULL";

} // namespace

CAF_TEST_FIXTURE_SCOPE(pg_follow_ups, fixture)

CAF_TEST(a guess that nobody tried to tell is replaced by the truth) {
  const auto task = swept();
  CAF_CHECK_EQUAL(chats(task), "task:failed c1 pending");
  CAF_CHECK(say(task, st::failed, 1) == report_effect::amended);
  CAF_CHECK_EQUAL(chats(task),
                  "task:failed c1 superseded, task:amended c1 pending");
  CAF_CHECK_EQUAL(hooks(task), "task:failed task:amended");
  CAF_MESSAGE("once");
  CAF_CHECK(say(task, st::failed, 1) == report_effect::repeated);
  CAF_CHECK_EQUAL(hooks(task), "task:failed task:amended");
  CAF_CHECK_EQUAL(
      ask("SELECT facts->>'amended' = (SELECT id::text FROM events WHERE"
          " type = 'task:failed') FROM events WHERE type = 'task:amended'"),
      "t");
}

CAF_TEST(whoever may have been told the guess gets a correction) {
  for (const auto* tried :
       {sent, "message_key = id", "leased_until = now() + interval '1 minute'",
        "leased_until = now() - interval '1 minute'"}) {
    const auto task = swept();
    set(task, tried);
    say(task, st::failed, 1);
    const auto now = chats(task);
    CAF_CHECK(now.find("superseded") == std::string::npos);
    CAF_CHECK(now.find("task:amended c1 pending corrects")
              != std::string::npos);
  }
}

CAF_TEST(a chat that could not be told is left alone) {
  const auto task = swept();
  set(task, "state = 'dead', last_error = 'no such chat'");
  say(task, st::failed, 1);
  CAF_CHECK_EQUAL(chats(task), "task:failed c1 dead");
}

CAF_TEST(the same reason tells nobody anything) {
  const auto task = swept();
  CAF_CHECK(say(task, st::failed, 1, reason::runtime_offline)
            == report_effect::amended);
  CAF_CHECK_EQUAL(chats(task), "task:failed c1 pending");
  CAF_CHECK_EQUAL(hooks(task), "task:failed");
}

CAF_TEST(a recovery is told once where the failure was told) {
  const auto task = swept();
  set(task, sent);
  // The session has moved on; whoever was told is told.
  bind("c2");
  CAF_REQUIRE(store->retry({task}));
  CAF_REQUIRE(store->claim({{"r2"}, {}, 1}));
  say(task, st::succeeded, 2);
  CAF_CHECK_EQUAL(chats(task),
                  "task:failed c1 sent, task:recovered c1 pending corrects");
  CAF_CHECK_EQUAL(hooks(task), "task:failed task:recovered");
  CAF_CHECK(say(task, st::succeeded, 2) == report_effect::repeated);
  CAF_CHECK_EQUAL(hooks(task), "task:failed task:recovered");
  CAF_MESSAGE("a chat that was told twice hears it once");
  const auto twice = swept();
  CAF_REQUIRE(store->retry({twice}));
  CAF_REQUIRE(store->claim({{"r2"}, {}, 1}));
  say(twice, st::failed, 2);
  set(twice, sent);
  CAF_REQUIRE(store->retry({twice}));
  CAF_REQUIRE(store->claim({{"r2"}, {}, 1}));
  say(twice, st::succeeded, 3);
  CAF_CHECK_EQUAL(chats(twice), "task:failed c2 sent, task:failed c2 sent, "
                                "task:recovered c2 pending corrects");
}

CAF_TEST(a failure of which nobody was told yet ends in its recovery) {
  const auto task = swept();
  say(task, st::succeeded, 1);
  CAF_CHECK_EQUAL(chats(task),
                  "task:failed c1 superseded, task:recovered c1 pending");
}

CAF_TEST(what became of telling a failure is said of its task) {
  const auto task = swept();
  auto now = told(task);
  CAF_REQUIRE(now);
  CAF_CHECK(now->state == told_state::waiting);
  set(task, sent);
  now = told(task);
  CAF_CHECK(now->state == told_state::told);
  CAF_REQUIRE_EQUAL(now->targets.size(), 1u);
  CAF_CHECK_EQUAL(now->targets[0].chat_id, "c1");
  CAF_CHECK_EQUAL(now->targets[0].after, 2s);
  say(task, st::failed, 1);
  CAF_CHECK(told(task)->state == told_state::waiting);
  execute("INSERT INTO mutes (relay, until) VALUES ('chats', now() +"
          " interval '1 hour')");
  now = told(task);
  CAF_CHECK(now->state == told_state::held);
  CAF_CHECK(now->targets[0].until.has_value());
  set(task, "state = 'dead', last_error = 'no such chat'");
  now = told(task);
  CAF_CHECK(now->state == told_state::dead);
  CAF_CHECK_EQUAL(now->targets[0].explanation, "no such chat");
  CAF_MESSAGE("hooks tell nobody");
  now = told(swept("elsewhere"));
  CAF_REQUIRE(now);
  CAF_CHECK(now->state == told_state::nobody);
  CAF_CHECK_EQUAL(now->explanation,
                  "no chat is bound to the session elsewhere, no route "
                  "fits and no relay has a default chat");
  CAF_CHECK(!told(create()));
}

CAF_TEST(lists by what became of telling agree with what tasks say) {
  const char* states[] = {
      sent,
      "message_key = id",
      "state = 'dead'",
      "last_error = 'tried'",
  };
  for (int i = 0; i < 24; ++i) {
    bind(i % 5 == 0 ? "muted" : "c" + std::to_string(i % 3));
    const auto task = swept(i % 7 == 0 ? "elsewhere" : "s1");
    if (i % 2 == 0)
      set(task, states[i % 4]);
    if (i % 3 == 0)
      say(task, i % 6 == 0 ? st::succeeded : st::failed, 1);
    set(task, states[(i / 2) % 4]);
  }
  execute("INSERT INTO mutes (relay, chat_id, until) VALUES ('chats', 'muted',"
          " now() + interval '1 hour')");
  list_tasks all;
  all.limit = 200;
  const auto everything = store->list(all);
  CAF_REQUIRE(everything);
  std::size_t found = 0;
  for (const auto state :
       {told_state::told, told_state::held, told_state::waiting,
        told_state::dead, told_state::nobody}) {
    std::vector<task_id> expected;
    for (const auto& task : everything->tasks)
      if (task.told && task.told->state == state)
        expected.push_back(task.id);
    auto what = all;
    what.told = state;
    const auto listed = store->list(what);
    CAF_REQUIRE(listed);
    std::vector<task_id> got;
    for (const auto& task : listed->tasks)
      got.push_back(task.id);
    CAF_MESSAGE(to_string(state));
    CAF_CHECK(!got.empty());
    CAF_CHECK(got == expected);
    found += got.size();
  }
  CAF_CHECK_EQUAL(found, 24u);
}

CAF_TEST(a new task says where its failure would be told) {
  const auto made = [&](const std::string& session) {
    task_record wanted;
    wanted.id = task_id{make_uuid_v7()};
    wanted.kind = "review";
    wanted.chat_session = {session};
    const auto created = store->create({wanted, {}});
    CAF_REQUIRE(created);
    return created->answer.tells;
  };
  CAF_CHECK(made("s1")
            == (std::vector{tell_target{"chats", "c1", told_via::session}}));
  CAF_CHECK(made("elsewhere").empty());
  CAF_CHECK(made("").empty());
}

CAF_TEST_FIXTURE_SCOPE_END()
