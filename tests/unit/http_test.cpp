// libs: telltale_http
#define CAF_SUITE unit.http

#include <boost/asio/ip/address.hpp>
#include <boost/beast/http/error.hpp>

#include "http/address.hpp"
#include "http/request_reader.hpp"
#include "http/response_reader.hpp"
#include "http/types.hpp"
#include "http/url.hpp"
#include "http/wire.hpp"

#include <caf/test/dsl.hpp>

using namespace telltale::http;

namespace {

/// A target taken apart, written down: segments with |, pairs with =.
std::string apart(std::string_view text) {
  const auto parts = parse_target(text);
  if (!parts)
    return "(nothing)";
  std::string all;
  for (const auto& segment : parts->segments)
    all += segment + '|';
  for (const auto& [key, value] : parts->query)
    all += '[' + key + '=' + value + ']';
  return all;
}

/// The body of what a reader reads of a text that comes in such pieces.
template <class Reader> std::string
body_in_pieces(Reader& reader, std::string_view text, std::size_t piece) {
  std::size_t used = 0;
  for (std::size_t come = 0; come < text.size() && !reader.is_done();) {
    come = std::min(text.size(), come + piece);
    typename Reader::error_code ec;
    std::size_t n = 1;
    while (!ec && n != 0 && used < come && !reader.is_done()) {
      n = reader.put(boost::asio::buffer(text.data() + used, come - used), ec);
      used += n;
    }
    if (ec && ec != boost::beast::http::error::need_more)
      return "(refused)";
  }
  return reader.is_done() ? reader.get().body : "(not done)";
}

std::string url_apart(std::string_view text) {
  const auto parts = parse_url(text);
  if (!parts)
    return "(nothing)";
  return (parts->secure ? "s " : "p ") + parts->host + ' '
         + std::to_string(parts->port) + ' ' + parts->target + ' '
         + parts->host_header();
}

bool special(const char* address) {
  return is_special(boost::asio::ip::make_address(address));
}

} // namespace

CAF_TEST(a chunked body ends however small the pieces are in which it comes) {
  const std::string_view head = "Transfer-Encoding: chunked\r\n\r\n";
  const body_bounds no_large_bodies{};
  for (const std::string_view body :
       {"0\r\n\r\n", "0\r\nX: y\r\n\r\n", "2;a=b\r\nok\r\n0\r\n\r\n",
        "2\r\nok\r\n0\r\nX: y\r\n\r\n"}) {
    const auto expected = body.front() == '2' ? "ok" : "";
    for (std::size_t piece = 1; piece <= 100; ++piece) {
      request_reader asked{server_options{}, no_large_bodies};
      CAF_CHECK_EQUAL(body_in_pieces(asked,
                                     "POST / HTTP/1.1\r\nHost: a\r\n"
                                         + std::string{head}.append(body),
                                     piece),
                      expected);
      const response_reader::sink none;
      response_reader answered{100, none};
      CAF_CHECK_EQUAL(
          body_in_pieces(answered,
                         "HTTP/1.1 200 OK\r\n" + std::string{head}.append(body),
                         piece),
          expected);
    }
  }
}

CAF_TEST(a target is taken apart) {
  CAF_CHECK_EQUAL(apart("/"), "");
  CAF_CHECK_EQUAL(apart("/tasks/a%2Fb/x"), "tasks|a/b|x|");
  CAF_CHECK_EQUAL(apart("/tasks/"), "tasks|");
  CAF_CHECK_EQUAL(apart("//a"), "|a|");
  CAF_CHECK_EQUAL(apart("/t?a=1&b=x%20y+z&&c&d=&=e&f=g=h"),
                  "t|[a=1][b=x y z][c=][d=][=e][f=g=h]");
  CAF_CHECK_EQUAL(apart("/t+u?q=/a?b"), "t+u|[q=/a?b]");
  CAF_CHECK_EQUAL(apart("http://host:1/x?y=1"), "x|[y=1]");
  CAF_CHECK_EQUAL(apart("HTTP://host"), "");
  CAF_CHECK_EQUAL(apart("/x#fragment"), "x|");
}

CAF_TEST(a target that makes no sense is nothing) {
  for (const auto* text : {"", "x", "*", "?a=1", "/%zz", "/a/%ff", "/a?b=%",
                           "/a?%00=1", "host:80"})
    CAF_CHECK(!parse_target(text));
}

CAF_TEST(a URL is taken apart) {
  CAF_CHECK_EQUAL(url_apart("http://Example.com"),
                  "p example.com 80 / example.com");
  CAF_CHECK_EQUAL(url_apart("HTTPS://a.b:8443/x?y#z"),
                  "s a.b 8443 /x?y a.b:8443");
  CAF_CHECK_EQUAL(url_apart("https://a.b:443?y"), "s a.b 443 /?y a.b");
  CAF_CHECK_EQUAL(url_apart("http://[::1]:81/x"), "p ::1 81 /x [::1]:81");
  CAF_CHECK_EQUAL(url_apart("http://[::1]"), "p ::1 80 / [::1]");
  for (const auto* text : {"",
                           "x",
                           "ftp://a/",
                           "http:/a",
                           "http://",
                           "http:///x",
                           "http://user:pw@host/",
                           "http://user@host/",
                           "http://a:0/",
                           "http://a:/",
                           "http://a:99999/",
                           "http://a:8x/",
                           "http://a b/",
                           "http://a/\r\nX: y",
                           "http://a/\xc3\xa9",
                           "http://[::1/",
                           "http://[::1]x/",
                           "http://a\\@b/",
                           "http://a%2e/",
                           "//a/"})
    CAF_CHECK(!parse_url(text));
}

CAF_TEST(special addresses are told from public ones) {
  for (const auto* address : {"127.0.0.1",
                              "127.255.0.9",
                              "0.0.0.0",
                              "0.1.2.3",
                              "10.0.0.1",
                              "10.255.255.255",
                              "100.64.0.1",
                              "100.127.255.255",
                              "169.254.169.254",
                              "172.16.0.1",
                              "172.31.255.255",
                              "192.0.0.1",
                              "192.0.2.1",
                              "192.168.1.1",
                              "198.18.0.1",
                              "198.19.255.255",
                              "198.51.100.1",
                              "203.0.113.1",
                              "224.0.0.1",
                              "239.1.1.1",
                              "240.0.0.1",
                              "255.255.255.255",
                              "::",
                              "::1",
                              "::ffff:127.0.0.1",
                              "::ffff:10.1.2.3",
                              "::127.0.0.1",
                              "fe80::1",
                              "febf::1",
                              "fc00::1",
                              "fdff::1",
                              "ff02::1",
                              "fec0::1",
                              "2001:db8::1",
                              "3fff::1",
                              "64:ff9b::10.0.0.1",
                              "64:ff9b:1::1",
                              "2002:7f00:1::",
                              "2001::1",
                              "100::1",
                              "2001:0:1:2:3:4:80ff:fffe"})
    CAF_CHECK(special(address));
  for (const auto* address :
       {"1.1.1.1", "9.255.255.255", "11.0.0.1", "100.63.255.255", "100.128.0.1",
        "126.1.1.1", "128.0.0.1", "169.253.1.1", "172.15.0.1", "172.32.0.1",
        "192.167.1.1", "192.169.1.1", "198.17.1.1", "198.20.0.1",
        "223.255.255.255", "::ffff:8.8.8.8", "2606:4700:4700::1111",
        "2a00:1450::1", "64:ff9b::8.8.8.8"})
    CAF_CHECK(!special(address));
}

CAF_TEST(a head carries what the answer says and what the server adds) {
  std::string out;
  append_head(out,
              {201,
               {{"Location", "/tasks/1"}, {"connection", "x"}, {"DATE", "y"}},
               "body"},
              {framing::length, false, false, "Date: now\r\n"});
  CAF_CHECK_EQUAL(out, "HTTP/1.1 201 Created\r\nLocation: /tasks/1\r\n"
                       "Content-Length: 4\r\nConnection: close\r\n"
                       "Date: now\r\n\r\n");
  CAF_CHECK_EQUAL(date_line(784111777),
                  "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n");
  CAF_CHECK_EQUAL(reason_phrase(429), "Too Many Requests");
  CAF_CHECK_EQUAL(reason_phrase(599), "Unknown");
}

CAF_TEST(headers are found whatever their case) {
  request r;
  r.headers = {{"X-One", "1"}, {"x-one", "2"}};
  CAF_CHECK_EQUAL(r.find("x-ONE").value_or(""), "1");
  CAF_CHECK(!r.find("x-on"));
}
