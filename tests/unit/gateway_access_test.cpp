// libs: telltale_gateway
#define CAF_SUITE unit.gateway_access

#include "actors/gateway/edge/page_session.hpp"
#include "tests/support/gateway_fixture.hpp"

#include "tests/support/checks.hpp"

// Who may do what, where that takes more than a look at the token.

using namespace telltale;
using namespace telltale::test;
using namespace std::chrono_literals;

namespace {

struct access_fixture : gateway_fixture {
  /// One task with an attempt that ended long ago.
  task_record& old_task() {
    auto& task = add_task(task_status::failed);
    w.found_at = timestamp{std::chrono::hours{500'000}};
    task.completed_at = w.found_at - 1h;
    attempt_record attempt;
    attempt.number = 1;
    attempt.runner = {"r"};
    attempt.status = task_status::failed;
    attempt.ended_at = task.completed_at;
    w.attempts = {attempt};
    caller.task = task.id;
    caller.attempt = 1;
    return task;
  }

  void use(const config::auth_config& auth) {
    self->send(uut, options_changed<access_rules_ptr>{
                        std::make_shared<const access_rules>(auth, "key")});
    settle();
  }

  static config::auth_config operators(std::vector<std::string> scopes) {
    config::token_config one;
    one.name = "ops";
    one.token = config::secret{"token of ops"};
    one.scopes = std::move(scopes);
    config::auth_config auth;
    auth.operator_tokens = {one};
    return auth;
  }
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(gateway_access_tests, access_fixture)

CAF_TEST(an attempt that is over lets its token do nothing more) {
  const auto id = to_string(old_task().id);
  const auto beat = [&] {
    return ask(call::runner_heartbeat, {"r"},
               R"({"tasks":[{"task_id":")" + id + "\"}]}");
  };
  CAF_CHECK_EQUAL(beat()->status(), 401u);
  CAF_CHECK(beat()->says("\"attempt_over\""));
  CAF_CHECK(w.beats.empty());
  CAF_CHECK_EQUAL(ask(call::read_context, {id})->status(), 401u);
  CAF_CHECK_EQUAL(ask(call::put_chunks, {id})->status(), 401u);
  CAF_CHECK_EQUAL(ask(call::daemon_progress, {id}, "{}")->status(), 401u);
  CAF_CHECK_EQUAL(ask(call::produce_review, {id, "finalize"}, "{}")->status(),
                  401u);
  CAF_CHECK(w.reported.empty());
  CAF_MESSAGE("it may ask how it went, and report late");
  CAF_CHECK(ask(call::read_status, {id})->says("\"failed\""));
  CAF_CHECK_EQUAL(ask(call::daemon_status, {id})->status(), 200u);
  ask(call::daemon_fail, {id}, R"({"error":"late"})");
  CAF_CHECK_EQUAL(w.reported.size(), 1u);
  CAF_MESSAGE("a newer attempt ends it at once");
  w.attempts[0].ended_at.reset();
  w.tasks[id].completed_at.reset();
  w.tasks[id].status = task_status::running;
  CAF_CHECK_EQUAL(beat()->status(), 200u);
  w.tasks[id].attempt = 2;
  CAF_CHECK_EQUAL(beat()->status(), 401u);
}

CAF_TEST(an attempt token beats for no other runner) {
  const auto id = to_string(old_task().id);
  w.attempts[0].ended_at.reset();
  w.tasks[id].completed_at.reset();
  w.tasks[id].status = task_status::running;
  const auto beat = [&](const std::string& runner) {
    return ask(call::runner_heartbeat, {runner}, R"({"tasks":[]})")->status();
  };
  // Of a job system's attempt no token says which runner it is.
  CAF_CHECK_EQUAL(beat("r"), 200u);
  CAF_CHECK_EQUAL(beat("another"), 403u);
  w.attempts.clear();
  CAF_CHECK_EQUAL(beat("another"), 200u);
}

CAF_TEST(a maker of tasks begins attempts of its own alone) {
  auto& task = add_task(task_status::failed);
  const auto id = to_string(task.id);
  task.created_by = "ci";
  caller.create = true;
  caller.name = "other";
  CAF_CHECK_EQUAL(ask(call::begin_attempt, {id})->status(), 403u);
  caller.name = "ci";
  const auto begun = ask(call::begin_attempt, {id});
  CAF_CHECK_EQUAL(begun->status(), 200u);
  CAF_CHECK(begun->says(
      attempt_token("key", task_id{*parse_uuid(id)}, 2, runner_id{})));
  caller.name = "other";
  caller.dispatch = true;
  CAF_CHECK_EQUAL(ask(call::begin_attempt, {id})->status(), 200u);
  CAF_MESSAGE("a task keeps the name of its maker");
  caller.name = "ci";
  ask(call::create_task, {}, R"({"kind":"k"})");
  CAF_REQUIRE_EQUAL(w.created.size(), 1u);
  CAF_CHECK_EQUAL(w.created[0].task.created_by, "ci");
}

CAF_TEST(a session may do what the holder of its token may now) {
  use(operators({"read"}));
  const auto ops =
      access_rules{operators({"read"}), "key"}.identify("token of ops");
  CAF_REQUIRE(ops);
  caller = {};
  caller.by_cookie = true;
  caller.session = hash_of_session("id");
  CAF_CHECK_EQUAL(ask(call::list_mutes)->status(), 401u);
  w.page_sessions[caller.session] = ops->token;
  CAF_CHECK_EQUAL(ask(call::list_mutes)->status(), 200u);
  const auto questions = w.session_questions;
  CAF_CHECK_EQUAL(ask(call::list_mutes)->status(), 200u);
  CAF_CHECK_EQUAL(w.session_questions, questions); // known for a moment
  CAF_CHECK_EQUAL(
      ask(call::clear_mute, {}, {}, {}, {{"relay", "octo"}})->status(), 403u);
  use(operators({"write"}));
  CAF_CHECK_EQUAL(ask(call::list_mutes)->status(), 403u);
  CAF_CHECK_EQUAL(
      ask(call::clear_mute, {}, {}, {}, {{"relay", "octo"}})->status(), 404u);
  auto others = operators({});
  others.operator_tokens[0].token = config::secret{"another token"};
  use(others);
  CAF_CHECK_EQUAL(ask(call::list_mutes)->status(), 401u);
}

CAF_TEST_FIXTURE_SCOPE_END()
