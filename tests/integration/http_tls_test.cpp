// libs: telltale_http
#define CAF_SUITE integration.http_tls

#include <atomic>
#include <thread>

#include "http/client.hpp"
#include "tests/support/http_harness.hpp"
#include "tests/support/test_certificate.hpp"

#include <caf/test/dsl.hpp>

using namespace telltale::test;

namespace {

using kind = client_error::kind;

server_options secured(const test_certificate& with) {
  auto options = quick();
  options.tls_certificate = with.certificate();
  options.tls_key = with.key_file();
  return options;
}

client_options trusting(const test_certificate& whom) {
  client_options options;
  options.ca_file = whom.certificate();
  return options;
}

client_request get_from(const server& to, const std::string& host) {
  client_request what;
  what.url = "https://" + host + ':' + std::to_string(to.port()) + "/x";
  return what;
}

} // namespace

CAF_TEST(a certificate that is trusted is accepted and the connection kept) {
  const test_certificate own{"IP:127.0.0.1,DNS:localhost"};
  echo_server to{secured(own)};
  client asking{trusting(own)};
  for (const std::string host : {"127.0.0.1", "127.0.0.1", "localhost"}) {
    const auto result = asking.call(get_from(to, host));
    const auto* got = std::get_if<client_response>(&result);
    CAF_REQUIRE(got != nullptr);
    CAF_CHECK_EQUAL(got->body, "GET /x ");
  }
  CAF_CHECK_EQUAL(to.connections(), 2u);
}

CAF_TEST(a certificate that nobody vouches for is refused) {
  const test_certificate own{"IP:127.0.0.1"};
  const test_certificate other{"IP:127.0.0.1"};
  echo_server to{secured(own)};
  for (const auto& options : {client_options{}, trusting(other)}) {
    client asking{options};
    const auto result = asking.call(get_from(to, "127.0.0.1"));
    const auto* failed = std::get_if<client_error>(&result);
    CAF_REQUIRE(failed != nullptr);
    CAF_CHECK(failed->what == kind::tls);
    CAF_CHECK(!failed->may_have_arrived);
  }
}

CAF_TEST(a certificate for another host is refused) {
  const test_certificate own{"DNS:elsewhere.example"};
  echo_server to{secured(own)};
  client asking{trusting(own)};
  for (const std::string host : {"127.0.0.1", "localhost"}) {
    const auto result = asking.call(get_from(to, host));
    const auto* failed = std::get_if<client_error>(&result);
    CAF_REQUIRE(failed != nullptr);
    CAF_CHECK(failed->what == kind::tls);
  }
}

CAF_TEST(large bodies go through both ways) {
  const test_certificate own{"IP:127.0.0.1"};
  auto options = secured(own);
  options.max_body_bytes = 4'000'000;
  echo_server to{options};
  auto asking_options = trusting(own);
  asking_options.max_response_bytes = 4'000'000;
  client asking{asking_options};
  auto what = get_from(to, "127.0.0.1");
  what.method = "POST";
  what.body = std::string(3'000'000, 'x');
  const auto result = asking.call(what);
  const auto* got = std::get_if<client_response>(&result);
  CAF_REQUIRE(got != nullptr);
  CAF_CHECK_EQUAL(got->body.size(), 3'000'000u + 8u);
}

CAF_TEST(a body that is too large is refused in words the client can read) {
  const test_certificate own{"IP:127.0.0.1"};
  auto options = secured(own);
  options.max_body_bytes = 1'000;
  echo_server to{options};
  client asking{trusting(own)};
  auto what = get_from(to, "127.0.0.1");
  what.method = "POST";
  what.body = std::string(1'000'000, 'x');
  const auto result = asking.call(what);
  const auto* got = std::get_if<client_response>(&result);
  CAF_REQUIRE(got != nullptr);
  CAF_CHECK_EQUAL(got->status, 413u);
}

CAF_TEST(a stream over TLS is drained and its client told) {
  const test_certificate own{"IP:127.0.0.1"};
  holding_server to{secured(own)};
  client asking{trusting(own)};
  inbox<std::string> pieces;
  inbox<client_result> ends;
  asking.open_stream(
      get_from(to.serving, "127.0.0.1"), 10s,
      [&](std::string_view data) {
        pieces.put(std::string{data});
        return true;
      },
      [&](client_result r) { ends.put(std::move(r)); });
  auto got = to.requests.take().value();
  CAF_CHECK(got.what.secure);
  inbox<int> closed;
  auto out = got.from->open_stream({200, {}, {}}, [&] { closed.put(1); });
  CAF_CHECK(out->write("hello"));
  CAF_CHECK_EQUAL(pieces.take().value_or(""), "hello");
  to.serving.drain(20s);
  CAF_CHECK(closed.take().has_value());
  CAF_CHECK(std::holds_alternative<client_response>(ends.take().value()));
  CAF_CHECK_EQUAL(to.serving.connections(), 0u);
}

CAF_TEST(a client that speaks no TLS is cut) {
  const test_certificate own{"IP:127.0.0.1"};
  auto options = secured(own);
  options.header_timeout = 300ms;
  echo_server to{options};
  raw_socket plain{to.port()};
  plain.send(get("/"));
  CAF_CHECK(!has(plain.read_all(), "200"));
  raw_socket silent{to.port()};
  CAF_CHECK(silent.at_end());
}

CAF_TEST(a certificate file that cannot be used is told at once) {
  const test_certificate own{"IP:127.0.0.1"};
  auto options = secured(own);
  options.tls_key = "/nonexistent/key";
  CAF_CHECK(throws([&] { echo_server{options}; }));
  const test_certificate other{"IP:127.0.0.1"};
  options.tls_key = other.key_file();
  CAF_CHECK(throws([&] { echo_server{options}; }));
  client_options asking;
  asking.ca_file = "/nonexistent/ca";
  CAF_CHECK(throws([&] { client{asking}; }));
}
