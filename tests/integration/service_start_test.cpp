// libs: telltale_service telltale_postgres_fixture
#define CAF_SUITE integration.service_start

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <functional>
#include <limits>
#include <string>
#include <thread>
#include <vector>

#include <spdlog/spdlog.h>
#include <sysexits.h>

#include "actors/gateway/edge/edge.hpp"
#include "actors/persistence/embedded/embedded_postgres.hpp"
#include "actors/persistence/postgres/migrate.hpp"
#include "actors/system/service.hpp"
#include "actors/system/start_failure.hpp"
#include "http/server.hpp"
#include "tests/support/postgres_fixture.hpp"

#include <caf/test/dsl.hpp>

using namespace telltale;
namespace fs = std::filesystem;

namespace {

constexpr int rounds = 100;
/// Where each start makes an engine of redaction.
constexpr int few_rounds = 25;

/// The fewest within a moment: a thread that was joined may be listed for a
/// little more.
std::size_t threads_now() {
  std::size_t fewest = std::numeric_limits<std::size_t>::max();
  for (int i = 0; i < 25; ++i) {
    std::size_t count = 0;
    for (const auto& each : fs::directory_iterator{"/proc/self/task"}) {
      static_cast<void>(each);
      ++count;
    }
    fewest = std::min(fewest, count);
    std::this_thread::sleep_for(std::chrono::milliseconds{10});
  }
  return fewest;
}

std::size_t descriptors_now() {
  std::size_t count = 0;
  for (const auto& each : fs::directory_iterator{"/proc/self/fd"}) {
    static_cast<void>(each);
    ++count;
  }
  return count;
}

struct fixture : postgres_fixture {
  signal_gate signals;
  fatal_mailbox_ptr fatal = std::make_shared<fatal_mailbox>(signals);

  fixture() { spdlog::set_level(spdlog::level::off); }

  static config::settings plain() {
    config::settings settings;
    settings.http.listen = "127.0.0.1:0";
    return settings;
  }

  static config::relay_config hook() {
    config::relay_config relay;
    relay.type = "webhook";
    relay.url = "http://127.0.0.1:9/hook";
    relay.allow_private = true;
    return relay;
  }

  /// As `serve` starts it. The failure, or code 0.
  [[nodiscard]] start_failure start(const config::settings& settings,
                                    const std::string& database) const {
    try {
      auto bound = bind_edge(settings.http);
      service running{settings, database, std::move(bound), fatal};
      running.start();
      return {};
    } catch (...) {
      return explain_start_failure(std::current_exception(), "the actors");
    }
  }

  /// The same failure again and again leaves nothing behind.
  void fails_each_time(const config::settings& settings,
                       const std::string& database, int code,
                       const std::string& word, int times = rounds) const {
    static_cast<void>(start(settings, database)); // what is made once is made
    const auto threads = threads_now();
    const auto descriptors = descriptors_now();
    for (int i = 0; i < times; ++i) {
      const auto failure = start(settings, database);
      CAF_REQUIRE_EQUAL(failure.code, code);
      CAF_REQUIRE(failure.text.find(word) != std::string::npos);
    }
    CAF_CHECK_EQUAL(threads_now(), threads);
    CAF_CHECK_EQUAL(descriptors_now(), descriptors);
  }
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(service_start_tests, fixture)

CAF_TEST(an address that another program has ends the start) {
  http::server_options taken;
  http::listener other{taken};
  other.listen();
  auto settings = plain();
  settings.http.listen = "127.0.0.1:" + std::to_string(other.port());
  fails_each_time(settings, url(), EX_UNAVAILABLE, settings.http.listen);
}

CAF_TEST(an address that is taken while the service starts ends the start) {
  // Both are bound before either listens; the second to listen finds out.
  http::server_options any;
  any.listen = "127.0.0.1:0";
  for (int i = 0; i < few_rounds; ++i) {
    http::listener first{any};
    http::server_options same;
    same.listen = "127.0.0.1:" + std::to_string(first.port());
    http::listener second{same};
    first.listen();
    bool refused = false;
    try {
      service running{plain(), url(), std::move(second), fatal};
    } catch (const http::listen_error&) {
      refused = true;
    }
    CAF_REQUIRE(refused);
  }
}

CAF_TEST(an address that is not ours ends the start) {
  auto settings = plain();
  settings.http.listen = "192.0.2.1:8080";
  fails_each_time(settings, url(), EX_UNAVAILABLE, "192.0.2.1:8080");
}

CAF_TEST(TLS files that cannot be read end the start) {
  auto settings = plain();
  settings.http.tls_certificate = "/nowhere/certificate.pem";
  settings.http.tls_key = "/nowhere/key.pem";
  fails_each_time(settings, url(), EX_CONFIG, "/nowhere/certificate.pem");
}

CAF_TEST(a database that is not there ends the start) {
  fails_each_time(plain(),
                  "postgresql://telltale@%2Fnowhere:5432/telltale?"
                  "connect_timeout=3",
                  EX_UNAVAILABLE, "/nowhere");
}

CAF_TEST(a relay that cannot be made ends the start after others have begun) {
  auto settings = plain();
  settings.relays["a"] = hook();
  settings.relays["b"] = hook();
  settings.relays["z"] = hook();
  settings.relays["z"].ca_file = "/nowhere/ca.pem";
  fails_each_time(settings, url(), EX_SOFTWARE, "/nowhere/ca.pem", few_rounds);
}

CAF_TEST(a redaction pattern that is none ends the start) {
  auto settings = plain();
  config::pattern_config pattern;
  pattern.name = "broken";
  pattern.regex = "a(";
  pattern.keywords = {"a"};
  settings.redaction.patterns.push_back(pattern);
  fails_each_time(settings, url(), EX_SOFTWARE, "broken", few_rounds);
}

CAF_TEST(a start that goes well stops without leaving anything) {
  static_cast<void>(start(plain(), url()));
  const auto threads = threads_now();
  const auto descriptors = descriptors_now();
  for (int i = 0; i < 5; ++i)
    CAF_REQUIRE_EQUAL(start(plain(), url()).code, 0);
  CAF_CHECK_EQUAL(threads_now(), threads);
  CAF_CHECK_EQUAL(descriptors_now(), descriptors);
}

CAF_TEST_FIXTURE_SCOPE_END()
