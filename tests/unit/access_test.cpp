// libs: telltale_gateway
#define CAF_SUITE unit.access

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include <boost/json.hpp>

#include "actors/gateway/edge/access.hpp"
#include "actors/gateway/edge/request_policy.hpp"
#include "actors/gateway/router.hpp"

#include <caf/test/dsl.hpp>

using namespace telltale;

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
  const auto text = attempt_token("key", some_task, 3);
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

CAF_TEST(a caller is known by header or cookie) {
  const auto rules = closed_rules();
  const auto cookie = session_cookie_header("op", true);
  CAF_CHECK(has(cookie, "HttpOnly") && has(cookie, "SameSite=Strict")
            && has(cookie, "Secure"));
  CAF_CHECK(has(session_cookie_header("", false), "Max-Age=0"));
  const auto pair = cookie.substr(0, cookie.find(';'));
  CAF_CHECK(rules.caller(request_with({{"Authorization", "Bearer op"}})));
  CAF_CHECK(rules.caller(request_with({{"authorization", "bearer  op"}})));
  const auto who =
      rules.caller(request_with({{"Cookie", "a=b; " + pair + "; c=d"}}));
  CAF_REQUIRE(who);
  CAF_CHECK(who->by_cookie);
  CAF_CHECK(!rules.caller(request_with({})));
  CAF_CHECK(!rules.caller(request_with({{"Authorization", "Basic op"}})));
  CAF_CHECK(!rules.caller(
      request_with({{"Authorization", "Bearer nope"}, {"Cookie", pair}})));
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
