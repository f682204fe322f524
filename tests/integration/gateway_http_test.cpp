// libs: telltale_gateway telltale_status_intake telltale_http
#define CAF_SUITE integration.gateway_http

#include <memory>
#include <string>
#include <string_view>
#include <thread>

#include "tests/support/gateway_service.hpp"
#include "text/base64.hpp"

#include <caf/test/dsl.hpp>

using namespace telltale;
using namespace std::chrono_literals;
using test::closed;
using test::known;
using test::raw_socket;
using test::service;
using test::token;

namespace {

std::string status_of(const std::string& answer) {
  return answer.size() > 12 ? answer.substr(9, 3) : "none";
}

bool has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

std::string bearer(const std::string& token) {
  return "Authorization: Bearer " + token
         + "\r\nContent-Type: application/json\r\n";
}

std::string nested(std::size_t depth) {
  return std::string(depth, '[') + std::string(depth, ']');
}

} // namespace

CAF_TEST(reports are answered after they were settled) {
  service uut;
  const auto answer = uut.report(R"({"status":"failed","detail":"x"})");
  CAF_CHECK_EQUAL(status_of(answer), "204");
  CAF_CHECK(has(answer, "X-Request-Id: "));
  CAF_CHECK_EQUAL(status_of(uut.send("POST", "/api/v2" + uut.status_path(),
                                     R"({"status":"running"})")),
                  "204");
  CAF_CHECK_EQUAL(uut.counters->read(counter::reports_total, "ok"), 2.0);
}

CAF_TEST(bad input of every kind is refused and harms nobody) {
  service uut;
  const std::vector<std::pair<std::string, std::string>> rows{
      {"", "400 malformed_json"},
      {"nope", "400 malformed_json"},
      {std::string("{\"status\":\"run\0\"}", 17), "400 malformed_json"},
      {nested(10'000), "400 malformed_json"},
      {"{\"status\":\"running\",\"x\":" + nested(10'000) + "}",
       "400 malformed_json"},
      {"[1]", "422 invalid_field"},
      {"{}", "422 invalid_field"},
      {R"({"status":7})", "422 invalid_field"},
      {R"({"status":"running","attempt":"2"})", "422 invalid_field"},
      {R"({"status":"running","runner_id":7})", "422 invalid_field"},
      {R"({"status":"failed","posted":-1})", "422 invalid_field"},
      {R"({"status":"queued"})", "400 unsupported_status"},
      {R"({"status":"sunny"})", "400 unsupported_status"},
  };
  for (const auto& [body, expected] : rows) {
    CAF_MESSAGE(expected);
    const auto answer = uut.report(body);
    CAF_CHECK_EQUAL(status_of(answer), expected.substr(0, 3));
    CAF_CHECK(has(answer, "application/problem+json"));
    CAF_CHECK(has(answer, "\"code\":\"" + expected.substr(4) + "\""));
  }
  for (const std::string& detail :
       {std::string{"a\\u0000b"}, std::string{"\xff\xfe"},
        std::string(1'000'000, 'x'), std::string{"\\ud83d"}})
    CAF_CHECK_EQUAL(status_of(uut.report("{\"status\":\"failed\",\"detail\":\""
                                         + detail + "\"}")),
                    "204");
  CAF_CHECK_EQUAL(
      status_of(uut.report(R"({"status":"queued","status":"running"})")),
      "204");
}

CAF_TEST(unknown tasks and ids of another form answer 404) {
  service uut;
  const std::string body = R"({"status":"running"})";
  for (const auto& id : {to_string(make_uuid_v7()), std::string{"7"},
                         std::string{"%27%3B--"}, std::string(500, 'a')}) {
    const auto answer =
        uut.send("POST", "/internal/tasks/" + id + "/status", body);
    CAF_CHECK_EQUAL(status_of(answer), "404");
    CAF_CHECK(has(answer, "task_not_found"));
  }
  CAF_CHECK_EQUAL(status_of(uut.send("GET", "/nothing/here")), "404");
  CAF_CHECK_EQUAL(status_of(uut.send("GET", "/tasks/%00")), "400");
}

CAF_TEST(too large and mistyped bodies and wrong methods are told apart) {
  config::http_config http;
  http.max_body_bytes = 2048;
  http.max_report_bytes = 2048;
  service uut{closed(), http};
  CAF_CHECK_EQUAL(status_of(uut.report(std::string(2049, ' '))), "413");
  CAF_CHECK_EQUAL(
      status_of(uut.send("POST", uut.status_path(), "status=running",
                         "Authorization: Bearer run\r\nContent-Type: "
                         "application/x-www-form-urlencoded\r\n")),
      "415");
  const auto answer = uut.send("PUT", uut.status_path(), "{}");
  CAF_CHECK_EQUAL(status_of(answer), "405");
  CAF_CHECK(has(answer, "Allow: GET, HEAD, POST"));
  CAF_CHECK_EQUAL(status_of(uut.exchange("nonsense\r\n\r\n")), "400");
}

CAF_TEST(tokens decide who may do what) {
  service uut;
  const auto none = uut.send("GET", "/tasks", {}, "");
  CAF_CHECK_EQUAL(status_of(none), "401");
  CAF_CHECK(has(none, "WWW-Authenticate: Bearer"));
  const auto get = [&](const std::string& who) {
    return status_of(uut.send("GET", "/tasks", {}, bearer(who)));
  };
  CAF_CHECK_EQUAL(get("nope"), "401");
  CAF_CHECK_EQUAL(get("run"), "403");
  CAF_CHECK_EQUAL(get("look"), "200");
  CAF_CHECK_EQUAL(get("op"), "200");
  const auto make = [&](const std::string& who) {
    return status_of(
        uut.send("POST", "/tasks", R"({"kind":"k"})", bearer(who)));
  };
  CAF_CHECK_EQUAL(make("look"), "403");
  CAF_CHECK_EQUAL(make("op"), "201");
  CAF_CHECK_EQUAL(status_of(uut.send("POST", uut.status_path(),
                                     R"({"status":"running"})", bearer("op"))),
                  "403");
}

CAF_TEST(the token of a claim serves its own attempt alone) {
  service uut;
  const auto mine = bearer(attempt_token("key", known, 2, {}));
  const auto other =
      bearer(attempt_token("key", task_id{make_uuid_v7()}, 2, {}));
  const auto of_a_runner =
      bearer(attempt_token("key", known, 2, runner_id{"mac-7"}));
  const std::string body = R"({"status":"running"})";
  const auto post = [&](const std::string& what, const std::string& who) {
    return status_of(uut.send("POST", uut.status_path(), what, who));
  };
  CAF_CHECK_EQUAL(post(body, mine), "204");
  CAF_CHECK_EQUAL(post(R"({"status":"running","attempt":2})", mine), "204");
  CAF_CHECK_EQUAL(post(R"({"status":"running","attempt":3})", mine), "403");
  CAF_CHECK_EQUAL(post(body, other), "403");
  CAF_CHECK_EQUAL(post(body, of_a_runner), "204");
  CAF_CHECK_EQUAL(
      post(R"({"status":"running","runner_id":"mac-8"})", of_a_runner), "403");
  const auto beat = [&](const std::string& runner) {
    return status_of(uut.send("POST",
                              "/internal/runners/" + runner + "/heartbeat",
                              R"({"tasks":[]})", of_a_runner));
  };
  CAF_CHECK_EQUAL(beat("mac-7"), "200");
  CAF_CHECK_EQUAL(beat("mac-8"), "403");
  CAF_CHECK_EQUAL(status_of(uut.send("POST", "/internal/tasks/claim",
                                     R"({"runner_id":"r"})", mine)),
                  "403");
}

CAF_TEST(a service without tokens answers this machine alone) {
  service uut{config::auth_config{}};
  const auto get = [&](const std::string& headers) {
    return status_of(
        uut.exchange("GET /tasks HTTP/1.1\r\n" + headers + "\r\n"));
  };
  CAF_CHECK_EQUAL(get("Host: localhost\r\n"), "200");
  CAF_CHECK_EQUAL(get("Host: rebound.example.org\r\n"), "403");
  CAF_CHECK_EQUAL(get("Host: localhost\r\nX-Forwarded-For: 192.0.2.1\r\n"),
                  "403");
  CAF_CHECK_EQUAL(get("Host: localhost\r\nForwarded: for=192.0.2.1\r\n"),
                  "403");
}

CAF_TEST(refused tokens are counted and slowed) {
  service uut;
  const auto get = [&](const std::string& who) {
    return uut.send("GET", "/tasks", {}, bearer(who));
  };
  for (int i = 0; i < 10; ++i)
    CAF_CHECK_EQUAL(status_of(get("guess-" + std::to_string(i))), "401");
  const auto slowed = get("guess-again");
  CAF_CHECK_EQUAL(status_of(slowed), "429");
  CAF_CHECK(slowed.find("Retry-After: ") != std::string::npos);
  CAF_CHECK_EQUAL(status_of(uut.send("GET", "/tasks", {}, {})), "429");
  CAF_MESSAGE("a good token never is");
  CAF_CHECK_EQUAL(status_of(get("op")), "200");
  CAF_CHECK_EQUAL(status_of(uut.send("GET", "/healthz", {}, {})), "200");
}

CAF_TEST(the page signs in by cookie and only from its own origin) {
  service uut;
  const std::string json = "Content-Type: application/json\r\n";
  CAF_CHECK_EQUAL(
      status_of(uut.send("POST", "/session", R"({"token":"nope"})", json)),
      "401");
  CAF_CHECK_EQUAL(
      status_of(uut.send("POST", "/session", R"({"token":"run"})", json)),
      "403");
  const auto signed_in =
      uut.send("POST", "/session", R"({"token":"op"})", json);
  CAF_CHECK_EQUAL(status_of(signed_in), "204");
  const auto at = signed_in.find("telltale_session=");
  CAF_REQUIRE(at != std::string::npos);
  const auto cookie =
      "Cookie: " + signed_in.substr(at, signed_in.find(';', at) - at) + "\r\n";
  CAF_CHECK_EQUAL(status_of(uut.send("GET", "/tasks", {}, cookie)), "200");
  const auto make = [&](const std::string& more) {
    return status_of(
        uut.send("POST", "/tasks", R"({"kind":"k"})", cookie + json + more));
  };
  CAF_CHECK_EQUAL(make(""), "403");
  CAF_CHECK_EQUAL(make("Origin: http://evil\r\n"), "403");
  CAF_CHECK_EQUAL(make("Origin: http://localhost\r\n"), "201");
  CAF_MESSAGE("neither the browser nor the store holds the token");
  CAF_CHECK(
      !has(cookie, "=" + telltale::text::encode_base64url("op") + "\r\n"));
  CAF_REQUIRE_EQUAL(uut.sessions->size(), 1u);
  CAF_CHECK(!has(cookie, uut.sessions->begin()->first));
  CAF_CHECK(has(uut.send("GET", "/session", {}, cookie), "\"write\":true"));
  CAF_MESSAGE("signing out ends it");
  CAF_CHECK(has(uut.send("DELETE", "/session", {},
                         cookie + "Origin: http://localhost\r\n"),
                "Max-Age=0"));
  CAF_CHECK_EQUAL(status_of(uut.send("GET", "/tasks", {}, cookie)), "401");
  CAF_CHECK(
      has(uut.send("GET", "/session", {}, cookie), "\"signed_in\":false"));
}

CAF_TEST(what a token began ends with it) {
  service uut;
  const auto signed_in = uut.send("POST", "/session", R"({"token":"op"})",
                                  "Content-Type: application/json\r\n");
  const auto at = signed_in.find("telltale_session=");
  CAF_REQUIRE(at != std::string::npos);
  const auto cookie =
      "Cookie: " + signed_in.substr(at, signed_in.find(';', at) - at) + "\r\n";
  CAF_CHECK_EQUAL(status_of(uut.send("GET", "/tasks", {}, cookie)), "200");
  raw_socket stream{uut.front->port()};
  stream.send("GET /events HTTP/1.1\r\nHost: localhost\r\n" + bearer("op")
              + "\r\n");
  CAF_CHECK(has(stream.read_until(": open"), "200 OK"));
  raw_socket claim{uut.front->port()};
  const std::string body = R"({"runner_id":"r","wait_seconds":30})";
  claim.send("POST /internal/tasks/claim HTTP/1.1\r\nHost: localhost\r\n"
             + bearer("run") + "Content-Length: " + std::to_string(body.size())
             + "\r\n\r\n" + body);
  std::this_thread::sleep_for(200ms); // it is parked by then, or asks
  auto auth = closed();
  auth.runner_tokens = {token("other run")};
  auth.operator_tokens = {token("other op")};
  caf::anon_send(uut.actor,
                 options_changed<access_rules_ptr>{
                     std::make_shared<const access_rules>(auth, "key")});
  CAF_CHECK_EQUAL(status_of(claim.read_answer()), "401");
  CAF_CHECK(has(stream.read_until("0\r\n\r\n"), "0\r\n\r\n"));
  CAF_CHECK_EQUAL(status_of(uut.send("GET", "/tasks", {}, cookie)), "401");
}

CAF_TEST(without a good token no large body is read) {
  service uut;
  const std::string body = R"({"kind":"k","title":")" + std::string(200, 'a')
                           + R"(","labels":")" + std::string(5'000, 'b')
                           + R"("})";
  const auto make = [&](const std::string& who, const std::string& path) {
    // Only the head comes, and no more.
    return status_of(uut.exchange(
        "POST " + path + " HTTP/1.1\r\nHost: localhost\r\n" + bearer(who)
        + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n"));
  };
  CAF_CHECK_EQUAL(make("nobody", "/tasks"), "401");
  CAF_CHECK_EQUAL(make("look", "/tasks"), "403");
  CAF_CHECK_EQUAL(make("nobody", "/no/such"), "404");
  CAF_CHECK_EQUAL(status_of(uut.send("POST", "/tasks", body, bearer("op"))),
                  "201");
}

CAF_TEST(an open service serves all but foreign pages) {
  service uut{config::auth_config{}};
  CAF_CHECK_EQUAL(status_of(uut.send("GET", "/tasks", {}, "")), "200");
  const auto make = [&](const std::string& more) {
    return status_of(uut.send("POST", "/tasks", R"({"kind":"k"})", more));
  };
  CAF_CHECK_EQUAL(make(""), "201");
  CAF_CHECK_EQUAL(make("Origin: http://evil\r\n"), "403");
  CAF_CHECK_EQUAL(make("Sec-Fetch-Site: cross-site\r\n"), "403");
}

CAF_TEST(pages and data share an address) {
  service uut;
  const auto page = uut.send("GET", "/deliveries", {}, "Accept: text/html\r\n");
  CAF_CHECK_EQUAL(status_of(page), "200");
  CAF_CHECK(has(page, "<html>"));
  CAF_CHECK(has(page, "Content-Security-Policy: default-src 'none'"));
  CAF_CHECK(has(uut.send("GET", "/deliveries", {}, bearer("op")),
                "\"deliveries\":[]"));
  CAF_CHECK(
      has(uut.send("GET", "/runners", {}, "Accept: text/html\r\n"), "<html>"));
  const auto asks = [&](const std::string& accept) {
    return uut.send("GET", "/deliveries", {},
                    bearer("op") + "Accept: " + accept + "\r\n");
  };
  CAF_CHECK(has(asks("application/json"), "Vary: Accept"));
  CAF_CHECK(has(asks("text/html;q=0.4, application/json ; q=0.9"), "\"next_"));
  CAF_CHECK(has(asks("application/json;q=0.4, Text/HTML;q=0.41"), "<html>"));
  CAF_CHECK(has(asks("text/html;q=0, */*"), "\"next_"));
  CAF_CHECK_EQUAL(
      status_of(uut.send("GET", "/runs/7", {}, "If-None-Match: \"1\"\r\n")),
      "304");
  CAF_CHECK(has(uut.send("GET", "/assets/app.js", {}, ""), "immutable"));
  CAF_CHECK_EQUAL(status_of(uut.send("GET", "/assets/%2e%2e/x", {}, "")),
                  "404");
  // A browser gets the page for a wrong link too, a program what it can read.
  const auto lost = uut.send("GET", "/no/such", {}, "Accept: text/html\r\n");
  CAF_CHECK_EQUAL(status_of(lost), "404");
  CAF_CHECK(has(lost, "<html>") && !has(lost, "ETag"));
  CAF_CHECK(
      has(uut.send("GET", "/no/such", {}, "Accept: */*\r\n"), "\"not_found\""));
  for (const auto* path : {"/healthz", "/readyz", "/metrics", "/openapi.json"})
    CAF_CHECK_EQUAL(status_of(uut.send("GET", path, {}, "")), "200");
}

CAF_TEST(a lost report is answered and past the bound none is taken) {
  service uut;
  CAF_CHECK_EQUAL(status_of(uut.report(R"({"status":"running","attempt":9})")),
                  "500");
  config::http_config tight;
  tight.max_in_flight = 0;
  service full{closed(), tight};
  const auto answer = full.report(R"({"status":"running"})");
  CAF_CHECK_EQUAL(status_of(answer), "503");
  CAF_CHECK(has(answer, "overloaded") && has(answer, "Retry-After: "));
}

CAF_TEST(access rules that the actor is told of hold from then on) {
  service uut;
  const auto asked = [&](const std::string& token) {
    return status_of(uut.send("GET", "/tasks", {}, bearer(token)));
  };
  const auto comes_true = [&](const std::string& token,
                              const std::string& status) {
    for (int tries = 0; tries < 500 && asked(token) != status; ++tries)
      std::this_thread::sleep_for(10ms);
    return asked(token) == status;
  };
  CAF_CHECK_EQUAL(asked("new"), "401");
  CAF_CHECK_EQUAL(asked("look"), "200");
  auto auth = closed();
  auth.operator_tokens = {token("new", {"read"})};
  caf::anon_send(uut.actor,
                 options_changed<access_rules_ptr>{
                     std::make_shared<const access_rules>(auth, "key")});
  CAF_CHECK(comes_true("new", "200"));
  // Not known any more; asked often, slowed as guesses are.
  CAF_CHECK(asked("look") != "200");
}

CAF_TEST(pipelined reports are all answered in order) {
  service uut;
  raw_socket socket{uut.front->port()};
  const std::string body = R"({"status":"running"})";
  std::string bytes;
  for (int i = 0; i < 100; ++i) {
    const auto id = i % 10 == 3 ? std::string{"7"} : to_string(known);
    bytes += "POST /internal/tasks/" + id
             + "/status HTTP/1.1\r\nHost: localhost\r\nX-Request-Id: r"
             + std::to_string(i) + "\r\n" + bearer("run") + "Content-Length: "
             + std::to_string(body.size()) + "\r\n\r\n" + body;
  }
  socket.send(bytes);
  for (int i = 0; i < 100; ++i) {
    const auto answer = socket.read_answer();
    CAF_CHECK_EQUAL(status_of(answer), i % 10 == 3 ? "404" : "204");
    CAF_CHECK(has(answer, "X-Request-Id: r" + std::to_string(i) + "\r\n"));
  }
}
