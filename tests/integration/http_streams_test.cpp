// libs: telltale_http
#define CAF_SUITE integration.http_streams

#include <atomic>
#include <thread>

#include "tests/support/http_harness.hpp"

#include <caf/test/dsl.hpp>

using namespace telltale::test;

CAF_TEST(a stream sends chunks and ends in order) {
  holding_server to;
  raw_socket client{to.serving.port()};
  client.send(get("/events") + get("/next"));
  auto events = to.requests.take().value();
  to.requests.take().value().from->respond({200, {}, "next"});
  auto out = events.from->open_stream({200, {{"X-S", "1"}}, "ignored"}, {});
  CAF_CHECK(out->write("hello"));
  CAF_CHECK(out->write(""));
  CAF_CHECK(out->write(std::string(20, 'x')));
  out->close();
  CAF_CHECK(!out->write("too late"));
  const auto head = client.read_until("\r\n\r\n");
  CAF_CHECK(has(head, "Transfer-Encoding: chunked\r\n"));
  CAF_CHECK(!has(head, "Content-Length"));
  CAF_CHECK_EQUAL(client.read_until("0\r\n\r\n"),
                  "5\r\nhello\r\n14\r\nxxxxxxxxxxxxxxxxxxxx\r\n0\r\n\r\n");
  CAF_CHECK(client.read_answer().ends_with("next"));
}

CAF_TEST(a stream ends with its last owner and is raw for an old client) {
  holding_server to;
  raw_socket client{to.serving.port()};
  client.send("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  auto out = to.requests.take().value().from->open_stream({200, {}, {}}, {});
  out->write("one ");
  out->write("two");
  out.reset();
  const auto all = client.read_all();
  CAF_CHECK(has(all, "Connection: close\r\n"));
  CAF_CHECK(all.ends_with("\r\n\r\none two"));
}

CAF_TEST(the owner of a stream learns that the client has gone) {
  holding_server to;
  inbox<int> closed;
  for (const bool by_reset : {false, true}) {
    raw_socket client{to.serving.port()};
    client.send(get("/"));
    auto out = to.requests.take().value().from->open_stream(
        {200, {}, {}}, [&] { closed.put(1); });
    CAF_CHECK(out->write("x"));
    client.read_until("x\r\n");
    if (by_reset)
      client.reset();
    else
      client.close();
    CAF_CHECK(closed.take().has_value());
    CAF_CHECK(!out->write("y"));
  }
}

CAF_TEST(a stream whose client has gone before it opens is closed at once) {
  holding_server to;
  inbox<int> closed;
  std::optional<raw_socket> client{std::in_place, to.serving.port()};
  client->send(get("/"));
  auto got = to.requests.take().value();
  client->reset();
  CAF_CHECK(comes_true([&] { return to.serving.connections() == 0; }));
  auto out = got.from->open_stream({200, {}, {}}, [&] { closed.put(1); });
  CAF_CHECK(closed.take().has_value());
  CAF_CHECK(!out->write("x"));
}

CAF_TEST(an owner that writes on without looking is cut off) {
  holding_server to;
  inbox<int> closed;
  raw_socket client{to.serving.port()};
  client.send(get("/"));
  auto out = to.requests.take().value().from->open_stream(
      {200, {}, {}}, [&] { closed.put(1); });
  const std::string chunk(100'000, 'x');
  int written = 0;
  while (written < 1'000 && out->write(chunk))
    ++written;
  CAF_CHECK(written >= 40);
  CAF_CHECK(written < 1'000);
  CAF_CHECK(closed.take().has_value());
  CAF_CHECK(!out->is_stalled());
  CAF_CHECK(comes_true([&] { return to.serving.connections() == 0; }));
}

CAF_TEST(a stream says when its client has taken what was written) {
  holding_server to;
  inbox<int> room;
  raw_socket client{to.serving.port()};
  client.send(get("/"));
  auto out = to.requests.take().value().from->open_stream({200, {}, {}}, {},
                                                          [&] { room.put(1); });
  client.read_until("\r\n\r\n");
  const std::string chunk(100'000, 'x');
  std::size_t written = 0;
  std::size_t read = 0;
  for (int turn = 0; turn < 5; ++turn) {
    // The kernel takes some megabytes first.
    while (out->unsent() < 1'000'000) {
      CAF_REQUIRE(out->write(chunk));
      written += chunk.size();
    }
    while (read < written) {
      // A chunk's frame: its size, the bytes, line breaks.
      CAF_REQUIRE_EQUAL(client.read_until("\r\n"), "186a0\r\n");
      CAF_REQUIRE_EQUAL(client.read(chunk.size() + 2).size(), chunk.size() + 2);
      read += chunk.size();
    }
    CAF_REQUIRE(room.take().has_value());
    CAF_CHECK_EQUAL(out->unsent(), 0u);
  }
}

CAF_TEST(a client that takes nothing of a stream is cut and told apart) {
  auto options = quick();
  options.body_timeout = 300ms;
  holding_server to{options};
  inbox<int> closed;
  raw_socket client{to.serving.port()};
  client.send(get("/"));
  auto out = to.requests.take().value().from->open_stream(
      {200, {}, {}}, [&] { closed.put(1); });
  const std::string chunk(100'000, 'x');
  CAF_CHECK(comes_true([&] {
    // The kernel takes some megabytes first.
    while (out->unsent() < 500'000 && out->write(chunk)) {
    }
    return out->is_stalled();
  }));
  CAF_CHECK(closed.take().has_value());
  CAF_CHECK(out->unsent() > 0);
  CAF_CHECK(!out->write("x"));
}

CAF_TEST(work at the end of a turn sees all requests of the turn) {
  std::vector<exchange_ptr> turn;
  inbox<std::size_t> sizes;
  auto options = quick();
  options.threads = 1;
  server* self = nullptr;
  server to{options,
            [&](request&&, exchange_ptr from) {
              turn.push_back(std::move(from));
              if (turn.size() > 1)
                return;
              self->at_turn_end([&] {
                sizes.put(turn.size());
                std::vector<answer> answers;
                for (auto& one : turn)
                  answers.push_back({std::move(one), {200, {}, "ok"}});
                turn.clear();
                self->respond_all(std::move(answers));
              });
            },
            refused};
  self = &to;
  to.start();
  raw_socket client{to.port()};
  client.send(get("/1") + get("/2") + get("/3"));
  for (int i = 0; i < 3; ++i)
    CAF_CHECK(client.read_answer().ends_with("ok"));
  CAF_CHECK_EQUAL(sizes.take().value_or(0), 3u);
  inbox<int> ran;
  to.at_turn_end([&] { ran.put(1); });
  CAF_CHECK(ran.take().has_value());
}

CAF_TEST(a drain sends what is owed and closes what is idle) {
  holding_server to;
  inbox<int> closed;
  raw_socket idle{to.serving.port()};
  raw_socket owed{to.serving.port()};
  raw_socket streaming{to.serving.port()};
  idle.send(get("/idle"));
  to.requests.take().value().from->respond({200, {}, "a"});
  CAF_CHECK(idle.read_answer().ends_with("a"));
  streaming.send(get("/stream"));
  auto out = to.requests.take().value().from->open_stream(
      {200, {}, {}}, [&] { closed.put(1); });
  out->write("first");
  streaming.read_until("first\r\n");
  owed.send(get("/1") + get("/2"));
  auto first = to.requests.take().value();
  auto second = to.requests.take().value();

  std::thread draining{[&] { to.serving.drain(20s); }};
  CAF_CHECK(idle.at_end());
  CAF_CHECK_EQUAL(streaming.read_all(), "0\r\n\r\n");
  CAF_CHECK(closed.take().has_value());
  first.from->respond({200, {}, "one"});
  second.from->respond({200, {}, "two"});
  const auto kept = owed.read_answer();
  CAF_CHECK(kept.ends_with("one"));
  CAF_CHECK(!has(kept, "Connection: close"));
  const auto last = owed.read_answer();
  CAF_CHECK(last.ends_with("two"));
  CAF_CHECK(has(last, "Connection: close"));
  CAF_CHECK(owed.at_end());
  owed.close();
  streaming.close();
  draining.join();
  CAF_CHECK_EQUAL(to.serving.connections(), 0u);
  CAF_CHECK(throws([&] { raw_socket{to.serving.port()}; }));
}

CAF_TEST(a drain gives up when its patience is over) {
  holding_server to;
  raw_socket client{to.serving.port()};
  client.send(get("/"));
  const auto got = to.requests.take().value();
  to.serving.drain(100ms);
  CAF_CHECK_EQUAL(to.serving.connections(), 1u);
}

CAF_TEST(an exchange may outlive its server) {
  std::optional<holding_server> to{std::in_place};
  raw_socket client{to->serving.port()};
  client.send(get("/1") + get("/2") + get("/3"));
  auto first = to->requests.take().value();
  auto second = to->requests.take().value();
  auto third = to->requests.take().value();
  inbox<int> closed;
  auto out = first.from->open_stream({200, {}, {}}, [&] { closed.put(1); });
  to.reset();
  CAF_CHECK(closed.take().has_value());
  CAF_CHECK(!out->write("x"));
  second.from->respond({200, {}, "x"});
  auto late = third.from->open_stream({200, {}, {}}, [&] { closed.put(1); });
  CAF_CHECK(closed.take().has_value());
  CAF_CHECK(!late->write("x"));
}
