// libs: telltale_http
#define CAF_SUITE integration.http_client_bodies

#include "http/content_encoding.hpp"
#include "tests/support/http_asking.hpp"

#include <caf/test/dsl.hpp>

using namespace telltale::test;

namespace {

std::string unhex(const std::string& text) {
  std::string bytes;
  for (std::size_t i = 0; i < text.size(); i += 2)
    bytes += static_cast<char>(std::stoi(text.substr(i, 2), nullptr, 16));
  return bytes;
}

} // namespace

CAF_TEST(a compressed answer is opened and a broken one left as it is) {
  // python3 -c 'import gzip; print(gzip.compress(b"..."*n, mtime=0).hex())'
  const std::string packed =
      unhex("1f8b08000000000002034b54c8c9cc4b5528c9482c51284a2d484d2c29b6"
            "56481c151c151c152445100037e4b60648030000");
  const std::string deflated =
      unhex("789c4b54c8c9cc4b5528c9482c51284a2d484d2c29b656481c151c151c15"
            "2445100011b52878");
  std::string text;
  for (int i = 0; i < 40; ++i)
    text += "a line that repeats; ";
  CAF_CHECK_EQUAL(decompress(packed, 1'000).value_or(""), text);
  CAF_CHECK_EQUAL(decompress(deflated, 1'000).value_or(""), text);
  CAF_CHECK(!decompress(packed, 100)); // larger than anybody wants
  for (std::size_t cut = 0; cut < packed.size(); ++cut)
    CAF_CHECK(!decompress(packed.substr(0, cut), 1'000));
  auto wrong = packed;
  wrong.at(wrong.size() - 6) =
      static_cast<char>(wrong.at(wrong.size() - 6) ^ 1);
  CAF_CHECK(!decompress(wrong, 1'000));
  const auto opened = [](const std::string& body, const std::string& as) {
    client_response answer{200, {{"Content-Encoding", as}}, body};
    open_body(answer, 1'000);
    return answer.body;
  };
  CAF_CHECK_EQUAL(opened(packed, "GZIP"), text);
  CAF_CHECK_EQUAL(opened(packed, "x-gzip"), text);
  CAF_CHECK_EQUAL(opened(deflated, "deflate"), text);
  CAF_CHECK_EQUAL(opened(packed, "br"), packed);
  CAF_CHECK_EQUAL(opened("plain", "gzip"), "plain");
}

CAF_TEST(an answer that is too large is cut off) {
  auto options = hasty();
  options.max_response_bytes = 1'000;
  for (const std::string head :
       {"Content-Length: 5000\r\n\r\n",
        "Transfer-Encoding: chunked\r\n\r\n1388\r\n", "\r\n"}) {
    scripted_peer peer{
        {"HTTP/1.1 200 OK\r\n" + head + std::string(5'000, 'x')}};
    client asking{options};
    const auto result = asking.call(get_from(peer.listener.port()));
    CAF_CHECK(error_of(result).what == kind::too_large);
    CAF_CHECK(error_of(result).may_have_arrived);
  }
}

CAF_TEST(bodies of each framing are read) {
  const auto chunked =
      one_answer("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                 "3\r\nabc\r\n2;x\r\nde\r\n0\r\nX-T: 1\r\n\r\n");
  CAF_CHECK_EQUAL(response_of(chunked).body, "abcde");
  CAF_CHECK(!response_of(chunked).find("X-T"));
  CAF_CHECK_EQUAL(response_of(one_answer("HTTP/1.0 200 OK\r\n\r\nall")).body,
                  "all");
  CAF_CHECK_EQUAL(response_of(one_answer("HTTP/1.1 100 Continue\r\n\r\n"
                                         "HTTP/1.1 103 Hints\r\nA: b\r\n\r\n"
                                         "HTTP/1.1 204 None\r\n\r\n"))
                      .status,
                  204u);
  const auto head =
      one_answer("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n", "HEAD");
  CAF_CHECK_EQUAL(response_of(head).status, 200u);
  CAF_CHECK_EQUAL(response_of(one_answer("HTTP/1.1 302 Found\r\nLocation: "
                                         "http://127.0.0.1:1/\r\n"
                                         "Content-Length: 0\r\n\r\n"))
                      .status,
                  302u);
}

CAF_TEST(a stream hands its body on as it comes) {
  holding_server to;
  client asking{hasty()};
  inbox<std::string> pieces;
  inbox<client_result> ends;
  asking.open_stream(
      get_from(to.serving.port()), 10s,
      [&](std::string_view data) {
        pieces.put(std::string{data});
        return data != "stop";
      },
      [&](client_result r) { ends.put(std::move(r)); });
  inbox<int> closed;
  auto out = to.requests.take().value().from->open_stream(
      {200, {{"X-S", "1"}}, {}}, [&] { closed.put(1); });
  for (const std::string text : {"one", "two", "stop"}) {
    out->write(text);
    CAF_CHECK_EQUAL(pieces.take().value_or(""), text);
  }
  const auto end = ends.take().value();
  CAF_CHECK_EQUAL(response_of(end).status, 200u);
  CAF_CHECK_EQUAL(response_of(end).find("x-s").value_or(""), "1");
  CAF_CHECK(closed.take().has_value());
}

CAF_TEST(a stream ends with its answer or when it falls silent) {
  holding_server to;
  client asking{hasty()};
  inbox<client_result> ends;
  const auto open = [&](std::chrono::milliseconds idle) {
    asking.open_stream(
        get_from(to.serving.port()), idle,
        [](std::string_view) { return true; },
        [&](client_result r) { ends.put(std::move(r)); });
    return to.requests.take().value().from;
  };
  open(10s)->open_stream({200, {}, {}}, {})->close();
  CAF_CHECK_EQUAL(response_of(ends.take().value()).status, 200u);
  const auto silent = open(200ms)->open_stream({200, {}, {}}, {});
  silent->write("x");
  CAF_CHECK(error_of(ends.take().value()).what == kind::timeout);
  open(10s)->respond({401, {}, "who are you"});
  const auto refused = ends.take().value();
  CAF_CHECK_EQUAL(response_of(refused).status, 401u);
  CAF_CHECK_EQUAL(response_of(refused).body, "who are you");
}
