// libs: telltale_http
#define CAF_SUITE integration.http_limits

#include <atomic>
#include <thread>

#include "tests/support/http_harness.hpp"

#include <caf/test/dsl.hpp>

using namespace telltale::test;

CAF_TEST(garbage is answered and the connection closed) {
  echo_server to;
  for (const std::string_view bytes :
       {"garbage\r\n\r\n", "GET / HTTP/2.0\r\nHost: x\r\n\r\n",
        "\x16\x03\x01\x02\x05\x01\x01\xfc\x03\x03 hello hello hello\r\n\r\n",
        "GET / HTTP/1.1\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        "GET / HTTP/1.1\r\nHost : x\r\n\r\n",
        "get / HTTP/1.1\r\nHost: x\r\n\r\n", "GET / HTTP/1.1\nHost: x\n\n",
        "GET / HTTP/1.1\r\nHost: x\r\nX: a\x01z\r\n\r\n"}) {
    const auto answer = answer_to(to, bytes);
    CAF_CHECK(answer.starts_with("HTTP/1.1 400 Bad Request\r\n"));
    CAF_CHECK(has(answer, "Connection: close\r\n"));
    CAF_CHECK(answer.ends_with("malformed"));
  }
}

CAF_TEST(two readings of the length of a body are refused) {
  echo_server to;
  for (const std::string_view lines :
       {"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
        "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
        "Transfer-Encoding: gzip, chunked\r\n",
        "Transfer-Encoding: xchunked\r\n", "Transfer-Encoding: identity\r\n",
        "Transfer-Encoding: chunked, identity\r\n",
        "Content-Length: 5\r\nContent-Length: 6\r\n",
        "Content-Length: 5\r\nContent-Length: 5\r\n",
        "Content-Length: 5, 5\r\n", "Content-Length: +5\r\n",
        "Content-Length: -5\r\n", "Content-Length: 0x5\r\n",
        "Content-Length:\r\n", "Content-Length: 99999999999999999999\r\n"}) {
    const auto answer = answer_to(
        to, "POST / HTTP/1.1\r\nHost: x\r\n" + std::string{lines}
                + "\r\n0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n");
    CAF_CHECK(answer.starts_with("HTTP/1.1 400 "));
    CAF_CHECK(!has(answer, "smuggled"));
  }
  const auto old = answer_to(to, "POST / HTTP/1.0\r\nTransfer-Encoding: "
                                 "chunked\r\n\r\n0\r\n\r\n");
  CAF_CHECK(old.starts_with("HTTP/1.1 400 "));
}

namespace {

/// A server where only `/large` may have more than 1,000 bytes, and all such
/// bodies together 15,000; `/withheld` is not to have more than 100.
struct judging_server {
  inbox<held_request> requests;
  server serving;

  static server_options options() {
    auto all = quick();
    all.small_body_bytes = 100;
    all.max_body_bytes = 1'000;
    all.max_large_bytes = 15'000;
    return all;
  }

  judging_server()
      : serving(
          options(),
          [this](request&& what, exchange_ptr from) {
            requests.put({std::move(what), std::move(from)});
          },
          refused,
          [](const request& head) -> std::optional<std::size_t> {
            if (head.target == "/withheld")
              return std::nullopt;
            return head.target == "/large" ? 10'000 : 1'000;
          }) {
    serving.start();
  }
};

std::string post(const std::string& target, std::size_t bytes) {
  return "POST " + target + " HTTP/1.1\r\nHost: x\r\nContent-Length: "
         + std::to_string(bytes) + "\r\n\r\n" + std::string(bytes, 'b');
}

std::string chunked(const std::string& target, std::size_t chunks) {
  std::string text = "POST " + target
                     + " HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: "
                       "chunked\r\n\r\n";
  for (std::size_t i = 0; i < chunks; ++i)
    text += "3e8\r\n" + std::string(1'000, 'b') + "\r\n";
  return text + "0\r\n\r\n";
}

} // namespace

CAF_TEST(only what the judge lets may have a large body) {
  judging_server to;
  CAF_CHECK(answer_to(to.serving, post("/small", 1'001))
                .starts_with("HTTP/1.1 413 "));
  CAF_CHECK(
      answer_to(to.serving, chunked("/small", 2)).starts_with("HTTP/1.1 413 "));
  CAF_CHECK(answer_to(to.serving, post("/large", 10'001))
                .starts_with("HTTP/1.1 413 "));
  CAF_CHECK(answer_to(to.serving, chunked("/large", 11))
                .starts_with("HTTP/1.1 413 "));
  for (const auto& bytes : {post("/small", 1'000), post("/large", 10'000),
                            chunked("/small", 1), chunked("/large", 10)}) {
    raw_socket client{to.serving.port()};
    client.send(bytes);
    const auto held = to.requests.take();
    CAF_REQUIRE(held);
    CAF_CHECK(held->what.body.size() % 1'000 == 0);
    CAF_CHECK(held->what.body.size() <= 1'000 || held->what.body_reservation);
  }
}

CAF_TEST(a body that the judge withholds is not read and still answered) {
  judging_server to;
  for (const auto& bytes : {post("/withheld", 5'000), post("/withheld", 101),
                            chunked("/withheld", 5)}) {
    raw_socket client{to.serving.port()};
    client.send(bytes + "GET /small HTTP/1.1\r\nHost: x\r\n\r\n");
    const auto held = to.requests.take();
    CAF_REQUIRE(held);
    CAF_CHECK(held->what.body_withheld);
    CAF_CHECK_EQUAL(held->what.body, "");
    held->from->respond({401, {}, "who are you"});
    const auto answer = client.read_all();
    CAF_CHECK(answer.starts_with("HTTP/1.1 401 "));
    CAF_CHECK(has(answer, "Connection: close"));
    CAF_CHECK(answer.ends_with("who are you"));
  }
  raw_socket small{to.serving.port()};
  small.send(post("/withheld", 100));
  CAF_CHECK_EQUAL(to.requests.take().value().what.body.size(), 100U);
}

CAF_TEST(large bodies have so much room together and give it back) {
  judging_server to;
  {
    raw_socket first{to.serving.port()};
    first.send(post("/large", 9'000));
    const auto held = to.requests.take();
    CAF_REQUIRE(held);
    CAF_CHECK(answer_to(to.serving, post("/large", 9'000))
                  .ends_with("too much at once"));
  }
  raw_socket again{to.serving.port()};
  again.send(post("/large", 9'000));
  CAF_CHECK(to.requests.take());
}

CAF_TEST(a chunked body is put together and its trailers are no headers) {
  holding_server to;
  raw_socket client{to.serving.port()};
  for (const char c :
       std::string_view{"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: "
                        "chunked\r\n\r\n3\r\nabc\r\nA;x=y\r\n0123456789\r\n"
                        "0\r\nX-Trail: 1\r\n\r\n"})
    client.send({&c, 1});
  const auto got = to.requests.take().value();
  CAF_CHECK_EQUAL(got.what.body, "abc0123456789");
  CAF_CHECK(!got.what.find("X-Trail"));
  got.from->respond({204, {}, "not sent"});
  const auto answer = client.read_until("\r\n\r\n");
  CAF_CHECK(answer.starts_with("HTTP/1.1 204 No Content\r\n"));
  CAF_CHECK(!has(answer, "Content-Length"));
  client.send(get("/next"));
  to.requests.take().value().from->respond({200, {}, "next"});
  CAF_CHECK(client.read_answer().ends_with("next"));
}

CAF_TEST(a body that is too large is refused in words the client can read) {
  auto options = quick();
  options.max_body_bytes = 1'000;
  echo_server to{options};
  // Far more than fits into the buffers of the system, so that the client still
  // sends when the answer comes.
  const std::string large(8'000'000, 'x');
  raw_socket client{to.port()};
  client.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 8000000\r\n\r\n");
  CAF_CHECK(client.send(large));
  auto answer = client.read_all();
  CAF_CHECK(answer.starts_with("HTTP/1.1 413 Content Too Large\r\n"));
  CAF_CHECK(answer.ends_with("body"));

  answer = answer_to(to, "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: "
                         "chunked\r\n\r\n3e9\r\n");
  CAF_CHECK(answer.starts_with("HTTP/1.1 413 "));
  answer = answer_to(to, "POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
                         "Content-Length: 1000\r\n\r\n"
                             + std::string(1'000, 'y'));
  CAF_CHECK(answer.starts_with("HTTP/1.1 200 "));
}

CAF_TEST(headers that are too large are refused) {
  auto options = quick();
  options.max_header_bytes = 2'000;
  echo_server to{options};
  const auto one = get("/", "X-Big: " + std::string(3'000, 'x') + "\r\n");
  CAF_CHECK(answer_to(to, one).starts_with("HTTP/1.1 431 "));
  std::string many;
  for (int i = 0; i < 300; ++i)
    many += "X-" + std::to_string(i) + ": abcdef\r\n";
  CAF_CHECK(answer_to(to, get("/", many)).starts_with("HTTP/1.1 431 "));
  CAF_CHECK(answer_to(to, "GET /" + std::string(5'000, 'a'))
                .starts_with("HTTP/1.1 431 "));
  const auto endless = "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: "
                       "chunked\r\n\r\n1;"
                       + std::string(5'000, 'e');
  CAF_CHECK(answer_to(to, endless).starts_with("HTTP/1.1 400 "));
}

CAF_TEST(a client that trickles its header is cut) {
  auto options = quick();
  options.header_timeout = 300ms;
  options.idle_timeout = 60s;
  echo_server to{options};
  raw_socket client{to.port()};
  client.send(get("/first"));
  CAF_CHECK(has(client.read_answer(), "200 OK"));
  std::atomic<bool> done{false};
  std::thread trickle{[&] {
    client.send("GET / HTTP/1.1\r\n");
    while (!done && client.send("X-A: b\r\n"))
      std::this_thread::sleep_for(20ms);
  }};
  const auto answer = client.read_answer();
  done = true;
  trickle.join();
  CAF_CHECK(answer.starts_with("HTTP/1.1 408 Request Timeout\r\n"));
  CAF_CHECK(has(answer, "Connection: close"));
  raw_socket silent{to.port()};
  CAF_CHECK(silent.at_end());
}

CAF_TEST(a client that trickles its body is cut) {
  auto options = quick();
  options.body_timeout = 300ms;
  echo_server to{options};
  raw_socket client{to.port()};
  client.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nab");
  CAF_CHECK(client.read_answer().starts_with("HTTP/1.1 408 "));
}

CAF_TEST(an idle connection is closed and a waiting one is not ) {
  auto options = quick();
  options.idle_timeout = 200ms;
  holding_server to{options};
  raw_socket idle{to.serving.port()};
  raw_socket waiting{to.serving.port()};
  idle.send(get("/idle"));
  to.requests.take().value().from->respond({200, {}, "a"});
  CAF_CHECK(idle.read_answer().ends_with("a"));
  waiting.send(get("/waiting"));
  const auto got = to.requests.take().value();
  CAF_CHECK(idle.at_end());
  std::this_thread::sleep_for(600ms);
  got.from->respond({200, {}, "b"});
  CAF_CHECK(waiting.read_answer().ends_with("b"));
  CAF_CHECK(waiting.at_end());
}

CAF_TEST(an answer cannot break out of its header lines) {
  server to{quick(),
            [](request&&, const exchange_ptr& from) {
              from->respond({200,
                             {{"X-A", "b\r\nX-Evil: 1"},
                              {"X B", "c"},
                              {"Content-Length", "7"},
                              {"X-Good", "d"}},
                             "text"});
            },
            refused};
  to.start();
  raw_socket client{to.port()};
  client.send(get("/"));
  const auto answer = client.read_answer();
  CAF_CHECK(!has(answer, "Evil"));
  CAF_CHECK(!has(answer, "X B"));
  CAF_CHECK(has(answer, "X-Good: d\r\nContent-Length: 4\r\n"));
}

CAF_TEST(too many connections are told so) {
  auto options = quick();
  options.max_connections = 2;
  echo_server to{options};
  std::optional<raw_socket> first{std::in_place, to.port()};
  raw_socket second{to.port()};
  second.send(get("/"));
  CAF_CHECK(has(second.read_answer(), "200 OK"));
  const auto answer = answer_to(to, get("/"));
  CAF_CHECK(answer.starts_with("HTTP/1.1 503 "));
  CAF_CHECK(answer.ends_with("full"));
  first.reset();
  CAF_CHECK(comes_true([&] { return to.connections() == 1; }));
  raw_socket third{to.port()};
  third.send(get("/"));
  CAF_CHECK(has(third.read_answer(), "200 OK"));
}

CAF_TEST(a client that never reads its answers is cut) {
  auto options = quick();
  options.body_timeout = 300ms;
  const std::string large(1'000'000, 'z');
  server to{options,
            [&](request&&, const exchange_ptr& from) {
              from->respond({200, {}, large});
            },
            refused};
  to.start();
  raw_socket client{to.port()};
  for (int i = 0; i < 50; ++i)
    client.send(get("/"));
  CAF_CHECK(comes_true([&] { return to.connections() == 1; }));
  CAF_CHECK(comes_true([&] { return to.connections() == 0; }));
}

CAF_TEST(a listener that cannot listen says where) {
  echo_server first;
  const auto fails = [](const std::string& where) {
    server_options options;
    options.listen = where;
    try {
      server to{options, echo, refused};
    } catch (const std::system_error& e) {
      return has(e.what(), where);
    }
    return false;
  };
  CAF_CHECK(fails("127.0.0.1:" + std::to_string(first.port())));
  CAF_CHECK(fails("203.0.113.7:1"));
  CAF_CHECK(fails("nowhere"));
  CAF_CHECK(fails("127.0.0.1:"));
  CAF_CHECK(fails("127.0.0.1:99999"));
  CAF_CHECK(fails("nowhere:80"));
  server_options options;
  options.tls_certificate = "/nonexistent/certificate";
  CAF_CHECK(throws([&] { server{options, echo, refused}; }));
}
