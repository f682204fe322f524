// libs: telltale_gateway telltale_status_intake
#define CAF_SUITE integration.event_streams

#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "tests/support/gateway_service.hpp"
#include "tests/support/http_harness.hpp"

#include <caf/test/dsl.hpp>

// Event streams on real sockets, in front of a log that is there.

using namespace telltale;
using namespace telltale::test;

namespace {

constexpr auto head_of_request = "GET /events HTTP/1.1\r\nHost: localhost\r\n"
                                 "Authorization: Bearer op\r\n";

raw_socket follow(const service& to, const std::string& after = {}) {
  raw_socket client{to.front->port()};
  client.send(head_of_request
              + (after.empty() ? "" : "Last-Event-ID: " + after + "\r\n")
              + "\r\n");
  client.read_until(": open\n\n");
  return client;
}

event_history history(int count, std::size_t size) {
  event_history log;
  for (int at = 1; at <= count; ++at) {
    published_event event;
    event.position = 3 * at; // positions have gaps
    event.type = event_type::task_created;
    event.envelope.assign(size, 'x');
    log.push_back(std::move(event));
  }
  return log;
}

} // namespace

CAF_TEST(thirty subscribers that come and go leave none) {
  service uut;
  const auto gauge = [&] {
    return uut.counters->read(counter::event_subscribers);
  };
  for (int round = 0; round < 3; ++round) {
    std::vector<raw_socket> clients;
    for (int i = 0; i < 30; ++i)
      clients.push_back(follow(uut));
    CAF_CHECK(comes_true([&] { return gauge() == 30; }));
    for (std::size_t i = 0; i < clients.size(); ++i)
      if (i % 2 == 0)
        clients[i].reset();
    clients.clear();
    CAF_CHECK(comes_true([&] { return gauge() == 0; }));
  }
}

CAF_TEST(a slow reader gets a long history to its end) {
  constexpr int events = 2'000;
  service uut{closed(), {}, history(events, 20'000)}; // 40 MB
  auto client = follow(uut, "0");
  for (int at = 1; at <= events; ++at) {
    if (at % 100 == 0) // so that it is always behind
      std::this_thread::sleep_for(std::chrono::milliseconds{5});
    const auto mark = "id: " + std::to_string(3 * at) + "\n";
    const auto text = client.read_until("\n\n");
    CAF_REQUIRE(text.find(mark) != std::string::npos);
  }
}

CAF_TEST(a reader that takes nothing is cut and leaves no session) {
  config::http_config http;
  http.body_timeout = std::chrono::milliseconds{300};
  service uut{closed(), http, history(2'000, 20'000)};
  auto client = follow(uut, "0");
  const auto gauge = [&] {
    return uut.counters->read(counter::event_subscribers);
  };
  CAF_CHECK(comes_true([&] { return gauge() == 0; }));
}
