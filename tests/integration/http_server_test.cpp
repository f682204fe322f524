// libs: telltale_http
#define CAF_SUITE integration.http_server

#include <atomic>
#include <thread>

#include "tests/support/http_harness.hpp"

#include <caf/test/dsl.hpp>

using namespace telltale::test;

CAF_TEST(a connection is kept for the next request) {
  echo_server to;
  raw_socket client{to.port()};
  for (const std::string target : {"/a", "/b", "/c"}) {
    client.send(get(target));
    const auto answer = client.read_answer();
    CAF_CHECK(answer.starts_with("HTTP/1.1 200 OK\r\n"));
    CAF_CHECK(has(answer, "X-Target: " + target));
    CAF_CHECK(has(answer, "\r\nDate: "));
    CAF_CHECK(!has(answer, "Connection:"));
    CAF_CHECK(answer.ends_with("GET " + target + " "));
  }
  CAF_CHECK_EQUAL(to.connections(), 1u);
}

CAF_TEST(the handler sees the request as it was sent) {
  holding_server to;
  raw_socket client{to.serving.port()};
  client.send("POST /p%20q?x=1 HTTP/1.1\r\nHost: h\r\nX-A: one\r\nx-a: two\r\n"
              "Content-Length: 4\r\n\r\nbody");
  const auto got = to.requests.take();
  CAF_REQUIRE(got.has_value());
  CAF_CHECK_EQUAL(got->what.method, "POST");
  CAF_CHECK_EQUAL(got->what.target, "/p%20q?x=1");
  CAF_CHECK_EQUAL(got->what.body, "body");
  CAF_CHECK_EQUAL(got->what.find("x-A").value_or(""), "one");
  CAF_CHECK(!got->what.find("X-B"));
  CAF_CHECK_EQUAL(got->what.remote_address, "127.0.0.1");
  CAF_CHECK(!got->what.secure);
}

CAF_TEST(pipelined answers go out in the order of the requests) {
  holding_server to;
  raw_socket client{to.serving.port()};
  std::string all;
  for (int i = 0; i < 20; ++i)
    all += get("/" + std::to_string(i));
  client.send(all);
  std::vector<held_request> held;
  for (int i = 0; i < 20; ++i)
    held.push_back(to.requests.take().value());
  std::vector<std::thread> threads;
  for (std::size_t t = 0; t < 4; ++t) {
    threads.emplace_back([&held, t] {
      for (std::size_t i = 20; i-- > 0;)
        if (i % 4 == t)
          held[i].from->respond({200, {}, held[i].what.target});
    });
  }
  for (auto& t : threads)
    t.join();
  for (int i = 0; i < 20; ++i)
    CAF_CHECK(client.read_answer().ends_with("\r\n/" + std::to_string(i)));
}

CAF_TEST(many exchanges are answered in one call) {
  holding_server to;
  std::vector<raw_socket> clients;
  for (int i = 0; i < 10; ++i) {
    clients.emplace_back(to.serving.port());
    clients.back().send(get("/1") + get("/2"));
  }
  std::vector<answer> answers;
  for (int i = 0; i < 20; ++i) {
    auto got = to.requests.take().value();
    answers.push_back({got.from, {200, {}, got.what.target}});
  }
  answers.push_back({answers.front().to, {500, {}, "too late"}});
  to.serving.respond_all(std::move(answers));
  for (auto& client : clients) {
    CAF_CHECK(client.read_answer().ends_with("/1"));
    CAF_CHECK(client.read_answer().ends_with("/2"));
  }
}

CAF_TEST(a full pipeline is read on only when answers go out) {
  auto options = quick();
  options.max_pipeline = 4;
  holding_server to{options};
  raw_socket client{to.serving.port()};
  std::string all;
  for (int i = 0; i < 12; ++i)
    all += get("/" + std::to_string(i));
  client.send(all);
  int answered = 0;
  std::vector<held_request> held;
  while (answered < 12) {
    for (int i = 0; i < 4; ++i)
      held.push_back(to.requests.take().value());
    // No fifth one can have been handed over while four wait.
    CAF_CHECK_EQUAL(held.back().what.target,
                    "/" + std::to_string(answered + 3));
    for (auto& one : held)
      one.from->respond({200, {}, one.what.target});
    held.clear();
    for (int i = 0; i < 4; ++i)
      CAF_CHECK(client.read_answer().ends_with(std::to_string(answered++)));
  }
}

CAF_TEST(an abandoned exchange is answered) {
  holding_server to;
  raw_socket client{to.serving.port()};
  client.send(get("/a") + get("/b"));
  (void)to.requests.take();
  to.requests.take().value().from->respond({200, {}, "fine"});
  CAF_CHECK(client.read_answer().starts_with("HTTP/1.1 500 "));
  CAF_CHECK(client.read_answer().ends_with("fine"));
}

CAF_TEST(a handler that throws is answered as abandoned) {
  server to{quick(), [](request&&, const exchange_ptr&) { throw 1; }, refused};
  to.start();
  raw_socket client{to.port()};
  client.send(get("/a"));
  CAF_CHECK(client.read_answer().ends_with("abandoned"));
  client.send(get("/b"));
  CAF_CHECK(client.read_answer().ends_with("abandoned"));
}

CAF_TEST(a client is told to go on before it sends its body) {
  echo_server to;
  raw_socket client{to.port()};
  client.send("POST /x HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\n"
              "Content-Length: 4\r\n\r\n");
  CAF_CHECK_EQUAL(client.read_until("\r\n\r\n"),
                  "HTTP/1.1 100 Continue\r\n\r\n");
  client.send("body");
  CAF_CHECK(client.read_answer().ends_with("POST /x body"));
}

CAF_TEST(the answer to a HEAD has a length and no body) {
  echo_server to;
  raw_socket client{to.port()};
  client.send("HEAD /x HTTP/1.1\r\nHost: x\r\n\r\n" + get("/y"));
  const auto head = client.read_until("\r\n\r\n");
  CAF_CHECK(has(head, "Content-Length: 8\r\n"));
  CAF_CHECK(client.read_answer().ends_with("GET /y "));
}

CAF_TEST(the connection ends when client or version want it) {
  echo_server to;
  const auto closed =
      answer_to(to, get("/x", "Connection: close\r\n") + get("/never"));
  CAF_CHECK(has(closed, "Connection: close\r\n"));
  CAF_CHECK(closed.ends_with("GET /x "));
  const auto old = answer_to(to, "GET /old HTTP/1.0\r\n\r\n");
  CAF_CHECK(has(old, "Connection: close\r\n"));
  CAF_CHECK(old.ends_with("GET /old "));
  raw_socket client{to.port()};
  client.send("GET /1 HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  CAF_CHECK(has(client.read_answer(), "Connection: keep-alive\r\n"));
  client.send("\r\nGET /2 HTTP/1.0\r\n\r\n");
  CAF_CHECK(client.read_all().ends_with("GET /2 "));
}

CAF_TEST(a client that ended its side still gets its answers) {
  holding_server to;
  raw_socket client{to.serving.port()};
  client.send(get("/1") + get("/2"));
  client.end_sending();
  auto first = to.requests.take().value();
  auto second = to.requests.take().value();
  second.from->respond({200, {}, "two"});
  first.from->respond({200, {}, "one"});
  CAF_CHECK(client.read_answer().ends_with("one"));
  CAF_CHECK(client.read_answer().ends_with("two"));
  CAF_CHECK(client.at_end());
}

CAF_TEST(a large answer arrives whole though the client reads slowly) {
  const std::string large(5'000'000, 'z');
  server to{quick(),
            [&](request&&, const exchange_ptr& from) {
              from->respond({200, {}, large});
            },
            refused};
  to.start();
  raw_socket client{to.port()};
  client.send(get("/1") + get("/2"));
  std::this_thread::sleep_for(50ms);
  CAF_CHECK(client.read_answer().ends_with("\r\n\r\n" + large));
  CAF_CHECK(client.read_answer().ends_with("\r\n\r\n" + large));
}
