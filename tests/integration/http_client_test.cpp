// libs: telltale_http
#define CAF_SUITE integration.http_client

#include <atomic>
#include <thread>

#include "http/client_closer.hpp"
#include "tests/support/http_asking.hpp"

#include <caf/test/dsl.hpp>

using namespace telltale::test;

CAF_TEST(a request is sent and its answer returned) {
  holding_server to;
  client asking{hasty()};
  client_request what;
  what.method = "POST";
  what.url = url_of(to.serving.port(), "/hook?x=1#part");
  what.headers = {{"X-A", "b"}, {"Host", "evil"}, {"content-length", "99"}};
  what.body = "hello";
  inbox<client_result> results;
  asking.send(what, [&](client_result r) { results.put(std::move(r)); });
  const auto got = to.requests.take().value();
  CAF_CHECK_EQUAL(got.what.method, "POST");
  CAF_CHECK_EQUAL(got.what.target, "/hook?x=1");
  CAF_CHECK_EQUAL(got.what.body, "hello");
  CAF_CHECK_EQUAL(got.what.find("x-a").value_or(""), "b");
  CAF_CHECK_EQUAL(got.what.find("host").value_or(""),
                  "127.0.0.1:" + std::to_string(to.serving.port()));
  got.from->respond({418, {{"X-R", "s"}}, "tea"});
  const auto result = results.take().value();
  CAF_CHECK_EQUAL(response_of(result).status, 418u);
  CAF_CHECK_EQUAL(response_of(result).body, "tea");
  CAF_CHECK_EQUAL(response_of(result).find("x-r").value_or(""), "s");
}

CAF_TEST(a request says who sends it and asks for a plain answer) {
  holding_server to;
  auto options = hasty();
  options.user_agent = "Telltale/1";
  client asking{options};
  inbox<client_result> results;
  const auto ask = [&](std::vector<header> headers) {
    auto what = get_from(to.serving.port());
    what.headers = std::move(headers);
    asking.send(what, [&](client_result r) { results.put(std::move(r)); });
    auto got = to.requests.take().value();
    got.from->respond({200, {}, ""});
    results.take();
    return got.what;
  };
  const auto usual = ask({});
  CAF_CHECK_EQUAL(usual.find("user-agent").value_or(""), "Telltale/1");
  CAF_CHECK_EQUAL(usual.find("accept-encoding").value_or(""), "identity");
  const auto own = ask({{"User-Agent", "me"}, {"Accept-Encoding", "br"}});
  CAF_CHECK_EQUAL(own.find("user-agent").value_or(""), "me");
  CAF_CHECK_EQUAL(own.find("accept-encoding").value_or(""), "br");
}

CAF_TEST(a status line without a reason is read) {
  for (const std::string head :
       {"HTTP/1.1 200\r\n", "HTTP/1.1 200 \r\n", "HTTP/1.1 200 OK\r\n"}) {
    auto listener = raw_socket::listening();
    client asking{hasty()};
    inbox<client_result> results;
    asking.send(get_from(listener.port()),
                [&](client_result r) { results.put(std::move(r)); });
    auto line = listener.accept();
    line.read_until("\r\n\r\n");
    line.send(head + "Content-Length: 2\r\n\r\nhi");
    const auto result = results.take().value();
    CAF_CHECK_EQUAL(response_of(result).status, 200u);
    CAF_CHECK_EQUAL(response_of(result).body, "hi");
  }
}

CAF_TEST(a connection is used again) {
  echo_server to;
  client asking{hasty()};
  for (int i = 0; i < 5; ++i)
    CAF_CHECK_EQUAL(response_of(asking.call(get_from(to.port(), "/a"))).body,
                    "GET /a ");
  CAF_CHECK_EQUAL(to.connections(), 1u);
}

CAF_TEST(a client that is let go of ends on a thread of its own) {
  const auto listener = raw_socket::listening();
  telltale::http::client_closer closer;
  inbox<client_result> results;
  auto asking = closer.make(hasty());
  asking->send(get_from(listener.port()),
               [&](client_result r) { results.put(std::move(r)); });
  CAF_CHECK_EQUAL(closer.open(), 1u);
  asking.reset();
  const auto result = results.take().value();
  CAF_CHECK(std::get<client_error>(result).what
            == client_error::kind::cancelled);
  CAF_CHECK(closer.wait_for_none(10s));
  CAF_CHECK_EQUAL(closer.open(), 0u);
  for (int i = 0; i < 200; ++i)
    static_cast<void>(closer.make(hasty()));
  CAF_CHECK(closer.wait_for_none(10s));
}

CAF_TEST(a kept connection expires) {
  echo_server to;
  auto options = hasty();
  options.idle_timeout = 100ms;
  client asking{options};
  CAF_CHECK_EQUAL(response_of(asking.call(get_from(to.port()))).status, 200u);
  CAF_CHECK(comes_true([&] { return to.connections() == 0; }));
}

CAF_TEST(hundreds of requests are under way at once) {
  holding_server to;
  client asking{hasty()};
  inbox<client_result> results;
  for (int i = 0; i < 300; ++i)
    asking.send(get_from(to.serving.port(), "/" + std::to_string(i)),
                [&](client_result r) { results.put(std::move(r)); });
  std::vector<answer> answers;
  for (int i = 0; i < 300; ++i) {
    auto got = to.requests.take().value();
    answers.push_back({got.from, {200, {}, got.what.target}});
  }
  to.serving.respond_all(std::move(answers));
  int good = 0;
  for (int i = 0; i < 300; ++i)
    good += response_of(results.take().value()).status == 200 ? 1 : 0;
  CAF_CHECK_EQUAL(good, 300);
  CAF_CHECK(comes_true([&] { return to.serving.connections() <= 16; }));
}

CAF_TEST(a server that hangs runs into the timeout) {
  const auto listener = raw_socket::listening();
  client asking{hasty()};
  auto what = get_from(listener.port(), "/secret?token=1");
  what.timeout = 200ms;
  const auto result = asking.call(what);
  CAF_CHECK(error_of(result).what == kind::timeout);
  CAF_CHECK(error_of(result).may_have_arrived);
  CAF_CHECK(!has(error_of(result).text, "secret"));
  CAF_CHECK(!has(error_of(result).text, "token"));
  CAF_CHECK(has(error_of(result).text,
                "127.0.0.1:" + std::to_string(listener.port())));
}

CAF_TEST(a refused connection never arrived) {
  const auto port = raw_socket::listening().port();
  client asking{hasty()};
  const auto result = asking.call(get_from(port));
  CAF_CHECK(error_of(result).what == kind::connect);
  CAF_CHECK(!error_of(result).may_have_arrived);
}

CAF_TEST(a request that makes no sense is not sent) {
  client asking{hasty()};
  for (const std::string url : {"", "ftp://x/", "http://u:p@127.0.0.1/"}) {
    client_request what;
    what.url = url;
    const auto result = asking.call(what);
    CAF_CHECK(error_of(result).what == kind::bad_url);
    CAF_CHECK(!error_of(result).may_have_arrived);
    CAF_CHECK(!has(error_of(result).text, "p@"));
  }
  auto what = get_from(1);
  what.headers = {{"X", "a\r\nY: b"}};
  CAF_CHECK(error_of(asking.call(what)).what == kind::bad_url);
  what = get_from(1);
  what.method = "GET /x HTTP/1.1\r\nA:";
  CAF_CHECK(error_of(asking.call(what)).what == kind::bad_url);
}

CAF_TEST(a private address is refused however it is written) {
  echo_server to;
  auto options = hasty();
  options.allow_private = false;
  client asking{options};
  for (const std::string host :
       {"127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "127.1",
        "2130706433", "0x7f000001", "0", "169.254.169.254"}) {
    client_request what;
    what.url = "http://" + host + ":" + std::to_string(to.port()) + "/";
    const auto result = asking.call(what);
    CAF_MESSAGE(host << ": " << error_of(result).text);
    CAF_CHECK(error_of(result).what == kind::refused_address
              || (host == "[::1]" && error_of(result).what == kind::resolve));
    CAF_CHECK(!error_of(result).may_have_arrived);
  }
  CAF_CHECK_EQUAL(to.connections(), 0u);
  client open{hasty()};
  client_request named;
  named.url = "http://localhost:" + std::to_string(to.port()) + "/";
  CAF_CHECK_EQUAL(response_of(open.call(named)).status, 200u);
}

CAF_TEST(a broken answer is a transport error) {
  for (const std::string text :
       {"", "HTTP/1.1 200 OK\r\nContent-Len", "nonsense\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nshort",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabc",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        "HTTP/1.1 101 Switching Protocols\r\n\r\n"}) {
    const auto result = one_answer(text);
    CAF_CHECK(error_of(result).what == kind::transport);
    CAF_CHECK(error_of(result).may_have_arrived);
    CAF_CHECK(has(error_of(result).text, "127.0.0.1:"));
  }
}

CAF_TEST(a kept connection that was closed is replaced unseen) {
  auto listener = raw_socket::listening();
  const std::string fine = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
  std::thread peer{[&] {
    auto first = listener.accept();
    first.read_until("\r\n\r\n");
    first.send(fine);
    // It takes the second request, and closes without a word.
    first.read_until("\r\n\r\n");
    first.close();
    auto second = listener.accept();
    second.read_until("\r\n\r\n");
    second.send(fine);
    second.read_until("\r\n\r\n");
    second.send("HTT"); // part of an answer is no reason to try again
  }};
  client asking{hasty()};
  CAF_CHECK_EQUAL(response_of(asking.call(get_from(listener.port()))).body,
                  "ok");
  CAF_CHECK_EQUAL(response_of(asking.call(get_from(listener.port()))).body,
                  "ok");
  const auto result = asking.call(get_from(listener.port()));
  peer.join();
  CAF_CHECK(error_of(result).what == kind::transport);
  CAF_CHECK(error_of(result).may_have_arrived);
}

CAF_TEST(
    a replacement that fails does not hide that the first may have arrived) {
  std::optional<raw_socket> listener{raw_socket::listening()};
  const auto port = listener->port();
  std::thread peer{[&] {
    auto first = listener->accept();
    first.read_until("\r\n\r\n");
    first.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    first.read_until("\r\n\r\n");
    listener.reset();
    first.close();
  }};
  client asking{hasty()};
  CAF_CHECK_EQUAL(response_of(asking.call(get_from(port))).status, 200u);
  const auto result = asking.call(get_from(port));
  peer.join();
  CAF_CHECK(error_of(result).what == kind::connect);
  CAF_CHECK(error_of(result).may_have_arrived);
}

CAF_TEST(a post is repeated unseen only if it may be) {
  for (const bool may_repeat : {false, true}) {
    auto listener = raw_socket::listening();
    const auto port = listener.port();
    const std::string fine = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
    int heard = 0;
    std::thread peer{[&] {
      auto first = listener.accept();
      first.read_until("\r\n\r\n");
      first.send(fine);
      first.read_until("\r\n\r\nbody");
      ++heard;
      first.close();
      auto second = listener.accept();
      heard += second.read_until("\r\n\r\n").starts_with("POST") ? 1 : 0;
      second.send(fine);
    }};
    client asking{hasty()};
    CAF_CHECK_EQUAL(response_of(asking.call(get_from(port))).status, 200u);
    auto what = get_from(port);
    what.method = "POST";
    what.body = "body";
    what.may_repeat = may_repeat;
    const auto result = asking.call(what);
    if (may_repeat) {
      CAF_CHECK_EQUAL(response_of(result).body, "ok");
    } else {
      CAF_CHECK(error_of(result).what == kind::transport);
      CAF_CHECK(error_of(result).may_have_arrived);
      CAF_CHECK_EQUAL(response_of(asking.call(get_from(port))).status, 200u);
    }
    peer.join();
    CAF_CHECK_EQUAL(heard, may_repeat ? 2 : 1);
  }
}

CAF_TEST(a callback that throws ends nothing else) {
  echo_server to;
  client asking{hasty()};
  asking.send(get_from(to.port()), [](const client_result&) { throw 1; });
  CAF_CHECK_EQUAL(response_of(asking.call(get_from(to.port()))).status, 200u);
}

CAF_TEST(a call from a callback is refused and does not hang) {
  echo_server to;
  client asking{hasty()};
  inbox<client_result> inner;
  asking.send(get_from(to.port()), [&](const client_result&) {
    inner.put(asking.call(get_from(to.port())));
  });
  CAF_CHECK(error_of(inner.take().value()).what == kind::cancelled);
}

CAF_TEST(requests under way are cancelled when the client goes) {
  const auto listener = raw_socket::listening();
  inbox<client_result> results;
  {
    client asking{hasty()};
    for (int i = 0; i < 3; ++i)
      asking.send(get_from(listener.port()),
                  [&](client_result r) { results.put(std::move(r)); });
  }
  for (int i = 0; i < 3; ++i)
    CAF_CHECK(error_of(results.take().value()).what == kind::cancelled);
}

CAF_TEST(a client may go away in its own callback) {
  echo_server to;
  inbox<int> done;
  auto asking = std::make_shared<client>(hasty());
  auto* raw = asking.get();
  raw->send(get_from(to.port()),
            [&done, held = std::move(asking)](const client_result&) mutable {
              held.reset();
              done.put(1);
            });
  CAF_CHECK(done.take().has_value());
}
