// libs: telltale_gateway
#define CAF_SUITE unit.access

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include <boost/json.hpp>

#include "actors/gateway/edge/access.hpp"
#include "actors/gateway/edge/refused_callers.hpp"
#include "actors/gateway/edge/request_policy.hpp"
#include "actors/gateway/handlers/calls.hpp"
#include "actors/gateway/router.hpp"

#include <caf/test/dsl.hpp>

using namespace telltale;
using namespace std::chrono_literals;

namespace {

const task_id some_task{make_uuid_v7()};

bool has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

/// The decoded segments of a path.
std::vector<std::string> segments(std::string_view path) {
  return http::parse_target(path)->segments;
}

std::string routed(std::string_view method, std::string_view path) {
  const auto found = find_route(method, segments(path));
  if (const auto* known = std::get_if<route>(&found)) {
    std::string text{known->operation->id};
    for (const auto& part : known->path)
      text += " " + part;
    return text;
  }
  if (const auto* wrong = std::get_if<wrong_method>(&found))
    return "405 " + wrong->allow;
  return "404";
}

http::request request_with(std::vector<http::header> headers) {
  http::request what;
  what.method = "POST";
  what.headers = std::move(headers);
  return what;
}

config::token_config token(const std::string& value,
                           std::vector<std::string> scopes = {}) {
  config::token_config made;
  made.name = value + "-name";
  made.scopes = std::move(scopes);
  made.token = config::secret{value};
  return made;
}

access_rules closed_rules() {
  config::auth_config auth;
  auth.runner_tokens = {token("run")};
  auth.operator_tokens = {token("op"), token("look", {"read"})};
  config::token_config hashed;
  hashed.name = "hashed";
  // SHA-256 of "abc".
  hashed.sha256 =
      "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
  auth.operator_tokens.push_back(hashed);
  return {auth, "key"};
}

} // namespace

CAF_TEST(routes are found by method and path) {
  CAF_CHECK_EQUAL(routed("POST", "/internal/tasks/claim"), "claim_tasks");
  CAF_CHECK_EQUAL(routed("POST", "/internal/tasks/7/status"),
                  "report_status 7");
  CAF_CHECK_EQUAL(routed("POST", "/api/v2/internal/tasks/7/status"),
                  "report_status 7");
  CAF_CHECK_EQUAL(routed("GET", "/"), "page_home");
  CAF_CHECK_EQUAL(routed("HEAD", "/healthz"), "health");
  CAF_CHECK_EQUAL(routed("GET", "/runs/7"), "page_run 7");
  CAF_CHECK_EQUAL(routed("DELETE", "/tasks"), "405 GET, HEAD, POST");
  CAF_CHECK_EQUAL(routed("PUT", "/chat-sessions/a%2Fb"),
                  "bind_chat_session a/b");
  for (const auto* path : {"/nope", "/tasks/7/nope", "/internal/tasks//status",
                           "/api/v2/tasks", "/api/v2/nope"})
    CAF_CHECK_EQUAL(routed("GET", path), "404");
}

CAF_TEST(the description holds every operation and no other) {
  const auto document = boost::json::parse(openapi_document());
  CAF_CHECK_EQUAL(std::string{document.at("openapi").as_string()}, "3.1.0");
  std::set<std::string> described;
  for (const auto& [path, methods] : document.at("paths").as_object())
    for (const auto& [method, operation] : methods.as_object()) {
      std::string upper{method};
      for (auto& c : upper)
        c = static_cast<char>(std::toupper(c));
      described.insert(upper + " " + std::string{path});
      std::size_t in_path = 0;
      for (const auto& parameter : operation.at("parameters").as_array())
        in_path += parameter.at("in").as_string() == "path" ? 1U : 0U;
      CAF_CHECK_EQUAL(static_cast<std::size_t>(std::ranges::count(path, '{')),
                      in_path);
    }
  std::set<std::string> table;
  for (const auto& row : operations())
    table.insert(std::string{row.method} + " " + std::string{row.path});
  CAF_CHECK(described == table);
}

CAF_TEST(tokens open what their list and scopes allow) {
  const auto rules = closed_rules();
  CAF_CHECK(!rules.open());
  const auto run = rules.identify("run");
  CAF_REQUIRE(run);
  CAF_CHECK(may(*run, scope::runner) && !may(*run, scope::read));
  const auto look = rules.identify("look");
  CAF_CHECK(may(*look, scope::read) && !may(*look, scope::write));
  const auto op = rules.identify("op");
  CAF_CHECK(may(*op, scope::write) && !may(*op, scope::runner));
  CAF_CHECK(rules.identify("abc"));
  CAF_CHECK(!rules.identify(""));
  CAF_CHECK(!rules.identify("ru"));
  CAF_CHECK(access_rules({}, "key").open());
}

CAF_TEST(an attempt token serves its own attempt alone) {
  const auto rules = closed_rules();
  const auto text = attempt_token("key", some_task, 3, runner_id{"mac-7"});
  const auto who = rules.identify(text);
  CAF_REQUIRE(who);
  CAF_CHECK(who->task == some_task);
  CAF_CHECK_EQUAL(who->attempt, 3u);
  auto forged = text;
  forged[30] = forged[30] == 'A' ? 'B' : 'A';
  CAF_CHECK(!rules.identify(forged));
  CAF_CHECK(!access_rules({}, "other key").identify(text));
  const auto status = std::get<route>(find_route(
      "POST", segments("/internal/tasks/" + to_string(some_task) + "/status")));
  CAF_CHECK(is_allowed(*who, *status.operation, status.path));
  CAF_CHECK(!is_allowed(*who, *status.operation, {to_string(make_uuid_v7())}));
  const auto claim =
      std::get<route>(find_route("POST", segments("/internal/tasks/claim")));
  CAF_CHECK(!is_allowed(*who, *claim.operation, claim.path));
}

CAF_TEST(an open service answers the people of its machine alone) {
  const auto answers = [](std::vector<http::header> headers) {
    return !open_service_objection(request_with(std::move(headers)));
  };
  for (const auto* host : {"localhost", "LocalHost:8080", "127.0.0.1",
                           "127.8.9.10:1", "[::1]", "[::1]:8080"})
    CAF_CHECK(answers({{"Host", host}}));
  for (const auto* host :
       {"evil.example.org", "localhost.evil.example.org", "127.0.0.1.nip.io",
        "127.0.0.1.example.org:8080", "192.168.0.7", "128.0.0.1", "127.0.0",
        "127.0.0.256", "[::2]", "::1", "", "localhost:80:80"})
    CAF_CHECK(!answers({{"Host", host}}));
  CAF_CHECK(answers({}));
  for (const auto* name : {"Forwarded", "X-Forwarded-For", "x-forwarded-host",
                           "X-Forwarded-Proto"})
    CAF_CHECK(!answers({{"Host", "localhost"}, {name, "x"}}));
}

CAF_TEST(an attempt token speaks for its own runner alone) {
  const auto rules = closed_rules();
  const auto of = [](const std::string& runner) {
    return attempt_token("key", some_task, 3, runner_id{runner});
  };
  const auto who = rules.identify(of("mac-7"));
  CAF_REQUIRE(who);
  CAF_CHECK_EQUAL(who->attempt_runner.value, "mac-7");
  const auto allows = [&](const char* path) {
    const auto found = std::get<route>(find_route("POST", segments(path)));
    return is_allowed(*who, *found.operation, found.path);
  };
  CAF_CHECK(allows("/internal/runners/mac-7/heartbeat"));
  CAF_CHECK(!allows("/internal/runners/mac-8/heartbeat"));
  CAF_CHECK(!allows("/internal/runners/mac-7/recover"));
  CAF_CHECK(!allows("/api/daemon/runtimes/mac-7/recover-orphans"));
  CAF_MESSAGE("the runner is under the code, too");
  CAF_CHECK(of("mac-7") != of("mac-8"));
  CAF_CHECK(!rules.identify("tta2."));
  CAF_CHECK(!rules.identify(of(std::string(513, 'r'))));
  status_report report;
  report.task = some_task;
  CAF_CHECK(bind_attempt(report, *who));
  CAF_CHECK(report.runner == runner_id{"mac-7"});
  CAF_CHECK_EQUAL(*report.attempt, 3u);
  report.runner = runner_id{"mac-8"};
  CAF_CHECK(!bind_attempt(report, *who));
}

CAF_TEST(scopes hold what they say and no more) {
  const auto who = [](std::vector<std::string> scopes) {
    config::auth_config auth;
    auth.operator_tokens = {token("x", std::move(scopes))};
    const auto found = access_rules{auth, "key"}.identify("x");
    std::string all;
    for (const auto one : {scope::runner, scope::read, scope::write,
                           scope::create, scope::dispatch})
      if (may(*found, one))
        all.append(to_string(one)).append(" ");
    return all;
  };
  CAF_CHECK_EQUAL(who({}), "read write create dispatch ");
  // Of its own tasks, which is seen by `may_dispatch`.
  CAF_CHECK_EQUAL(who({"create"}), "create dispatch ");
  CAF_CHECK_EQUAL(who({"dispatch"}), "dispatch ");
  CAF_CHECK_EQUAL(who({"read"}), "read ");
  CAF_CHECK_EQUAL(who({"write"}), "write create dispatch ");
  CAF_CHECK_EQUAL(who({"admin"}), "read write create dispatch ");
  principal maker;
  maker.name = "ci";
  maker.create = true;
  task_record task;
  task.created_by = "ci";
  CAF_CHECK(may_dispatch(maker, task));
  task.created_by = "someone else";
  CAF_CHECK(!may_dispatch(maker, task));
  maker.dispatch = true;
  CAF_CHECK(may_dispatch(maker, task));
}

CAF_TEST(an attempt token ends with its attempt and the grace after it) {
  const timestamp now{std::chrono::hours{500'000}};
  task_found found;
  found.task.attempt = 2;
  found.found_at = now;
  found.attempts.resize(2);
  found.attempts[0].number = 1;
  found.attempts[1].number = 2;
  const auto over = [&](std::uint32_t number) {
    return is_attempt_over(found, number, 90s);
  };
  CAF_CHECK(over(1)); // a newer one has begun
  CAF_CHECK(!over(2));
  CAF_CHECK(!over(3)); // a job system is about to begin it
  found.attempts[1].ended_at = now - 90s;
  CAF_CHECK(!over(2));
  found.found_at = now + 1ms;
  CAF_CHECK(over(2));
  CAF_CHECK(!over(3));
  found.task.completed_at = now - 90s;
  CAF_CHECK(over(3));
  CAF_MESSAGE("what is left to it");
  CAF_CHECK(outlives_attempt(call::report_status));
  CAF_CHECK(outlives_attempt(call::read_status));
  CAF_CHECK(!outlives_attempt(call::runner_heartbeat));
  CAF_CHECK(!outlives_attempt(call::read_context));
}

CAF_TEST(a caller is known by header or session) {
  const auto rules = closed_rules();
  const auto id = make_session_id();
  CAF_CHECK(id != make_session_id());
  const auto cookie = session_cookie_header(id, true);
  CAF_CHECK(has(cookie, "HttpOnly") && has(cookie, "SameSite=Strict")
            && has(cookie, "Secure") && cookie.starts_with("__Host-"));
  CAF_CHECK(!has(session_cookie_header(id, false), "Secure"));
  CAF_CHECK(has(session_cookie_header("", false), "Max-Age=0"));
  const auto pair = cookie.substr(0, cookie.find(';'));
  CAF_CHECK(rules.caller(request_with({{"Authorization", "Bearer op"}})));
  CAF_CHECK(rules.caller(request_with({{"authorization", "bearer  op"}})));
  const auto who =
      rules.caller(request_with({{"Cookie", "a=b; " + pair + "; c=d"}}));
  CAF_REQUIRE(who);
  CAF_CHECK(who->by_cookie);
  CAF_CHECK_EQUAL(who->session, hash_of_session(id));
  CAF_MESSAGE("of a session alone nothing follows");
  CAF_CHECK(!who->read && !who->write && !who->create && !who->runner);
  CAF_CHECK(!rules.caller(request_with({})));
  CAF_CHECK(!rules.caller(request_with({{"Cookie", "telltale_session=op"}})));
  CAF_CHECK(!rules.caller(request_with({{"Authorization", "Basic op"}})));
  CAF_CHECK(!rules.caller(
      request_with({{"Authorization", "Bearer nope"}, {"Cookie", pair}})));
  CAF_MESSAGE("a token is known again by what a session keeps of it");
  const auto op = rules.identify("op");
  CAF_CHECK(op->token != 0 && rules.holder(op->token) == op);
  CAF_CHECK(!rules.holder(op->token + 1));
}

CAF_TEST(the record of a change names who and what and no secret) {
  http_call message;
  message.what = static_cast<operation>(call::bind_chat_session);
  message.path = {"chat\n1"};
  message.query = {{"relay", "octo"}, {"token", "hidden"}};
  message.remote_address = "192.0.2.7";
  message.caller.name = "ops";
  CAF_CHECK(is_recorded(operation_of(call::bind_chat_session)));
  CAF_CHECK_EQUAL(describe_change(message),
                  "ops from 192.0.2.7: bind_chat_session chat%0A1 relay=octo");
  for (const auto other : {call::list_tasks, call::create_task,
                           call::report_status, call::redact_text})
    CAF_CHECK(!is_recorded(operation_of(other)));
}

CAF_TEST(a changing call from a browser needs the same origin) {
  CAF_CHECK(is_same_origin(request_with({}), false));
  CAF_CHECK(!is_same_origin(request_with({}), true));
  CAF_CHECK(is_same_origin(
      request_with({{"Host", "h:1"}, {"Origin", "http://h:1"}}), true));
  CAF_CHECK(!is_same_origin(
      request_with({{"Host", "h:1"}, {"Origin", "http://evil"}}), false));
  CAF_CHECK(!is_same_origin(request_with({{"Host", "h:1"}, {"Origin", "null"}}),
                            false));
  CAF_CHECK(
      !is_same_origin(request_with({{"Sec-Fetch-Site", "cross-site"}}), false));
  CAF_CHECK(
      is_same_origin(request_with({{"Sec-Fetch-Site", "same-origin"}}), true));
}

CAF_TEST(request ids and content types are taken only if sane) {
  CAF_CHECK_EQUAL(request_id_of(request_with({{"X-Request-Id", "a.B-1_"}})),
                  "a.B-1_");
  for (const std::string& bad : {std::string{"a b"}, std::string(129, 'x'),
                                 std::string{"a\"b"}, std::string{}})
    CAF_CHECK(request_id_of(request_with({{"X-Request-Id", bad}})) != bad);
  CAF_CHECK(is_json(request_with({})));
  CAF_CHECK(
      is_json(request_with({{"Content-Type", "Application/JSON; charset=x"}})));
  CAF_CHECK(!is_json(request_with({{"Content-Type", "text/plain"}})));
  CAF_CHECK(!is_json(
      request_with({{"Content-Type", "application/x-www-form-urlencoded"}})));
}

CAF_TEST(guessing tokens is slowed by address and a good token never) {
  refused_callers uut;
  const auto start = std::chrono::steady_clock::time_point{} + 1h;
  for (int i = 0; i < 9; ++i)
    CAF_CHECK(!uut.add("192.0.2.7", start));
  CAF_CHECK(!uut.turned_away("192.0.2.7", start));
  CAF_CHECK(uut.add("192.0.2.7", start + 10s));
  CAF_CHECK(uut.turned_away("192.0.2.7", start + 10s) == 50s);
  CAF_CHECK(!uut.turned_away("192.0.2.8", start + 10s));
  CAF_CHECK(!uut.turned_away("192.0.2.7", start + 60s));
  CAF_CHECK(!uut.add("192.0.2.7", start + 61s));
  CAF_CHECK(!uut.turned_away("192.0.2.7", start + 61s));
  CAF_MESSAGE("an IPv6 customer has a whole network of addresses");
  CAF_CHECK_EQUAL(network_of("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::");
  CAF_CHECK_EQUAL(network_of("::ffff:192.0.2.7"), "::ffff:192.0.2.7");
  CAF_CHECK_EQUAL(network_of("192.0.2.7"), "192.0.2.7");
  for (int i = 0; i < 10; ++i)
    static_cast<void>(uut.add("2001:db8::" + std::to_string(i), start + 70s));
  CAF_CHECK(uut.turned_away("2001:db8::77", start + 70s));
  CAF_MESSAGE("memory is bounded: the oldest is forgotten");
  for (std::size_t i = 0; i < refused_callers::most_addresses; ++i)
    static_cast<void>(uut.add("host-" + std::to_string(i), start + 71s));
  CAF_CHECK(!uut.turned_away("2001:db8::77", start + 71s));
}
