#include <string>
#include <string_view>

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/error.hpp>

#include "http/request_reader.hpp"
#include "http/types.hpp"
#include "http/url.hpp"
#include "http/wire.hpp"
#include "tests/fuzz/fuzzing.hpp"

// What clients send, as an oracle for libFuzzer: the reader says the same
// wherever the network cuts a request, keeps its limits, and lets nothing
// through that two readers could understand in two ways.

using namespace telltale;
using fuzzing::demand;

namespace {

/// Beast holds a head that comes whole to it line by line, and one that comes
/// in pieces as a whole; longer inputs are none here.
constexpr std::size_t most_head = 2048;
constexpr std::size_t most_body = 256;

struct verdict {
  bool done = false;
  std::size_t used = 0; ///< bytes; meaningful if done
  http::request read;
};

/// Reads one request that comes in pieces of so many bytes.
verdict read(std::string_view input, std::size_t piece) {
  http::server_options limits;
  limits.max_header_bytes = most_head;
  limits.max_body_bytes = most_body;
  const http::body_bounds no_large_bodies{};
  http::request_reader reader{limits, no_large_bodies};
  verdict out;
  std::size_t used = 0;
  for (std::size_t come = 0; come < input.size() && !out.done;) {
    come = std::min(input.size(), come + piece);
    for (;;) { // as a session does: the head, then what is there of the body
      http::request_reader::error_code ec;
      const auto n =
          reader.put(boost::asio::buffer(input.data() + used, come - used), ec);
      demand(n <= come - used, "no more is read than there is");
      used += n;
      if (ec && ec != boost::beast::http::error::need_more) {
        (void)reader.meaning_of(ec);
        return out;
      }
      out.done = reader.is_done();
      if (out.done || ec || n == 0 || used == come)
        break;
    }
  }
  out.used = used;
  out.read = std::move(reader.get());
  return out;
}

void check_read(const http::request& request) {
  std::size_t lengths = 0;
  std::size_t encodings = 0;
  for (const auto& header : request.headers) {
    demand(http::is_token(header.name), "a header's name is one", header.name);
    demand(http::is_header_value(header.value), "a header is one line",
           header.value);
    lengths += http::same_name(header.name, "Content-Length") ? 1U : 0U;
    encodings += http::same_name(header.name, "Transfer-Encoding") ? 1U : 0U;
  }
  demand(lengths + encodings <= 1, "a body has one length");
  demand(request.body.size() <= most_body, "a body keeps its limit");
  for (const char c : request.method)
    demand(c < 'a' || c > 'z', "a method is upper case", request.method);
}

void check_target(std::string_view text) {
  if (const auto parts = http::parse_target(text)) {
    for (const auto& segment : parts->segments)
      demand(segment.size() <= text.size()
                 && segment.find('\0') == std::string::npos,
             "a segment is text", segment);
    for (const auto& [key, value] : parts->query)
      demand(key.size() + value.size() <= text.size(), "a pair is bounded");
  }
  if (const auto url = http::parse_url(text)) {
    demand(!url->host.empty() && !url->target.empty(), "an address is whole");
    demand(url->target.front() == '/', "a path begins with a slash");
    const auto again = http::parse_url((url->secure ? "https://" : "http://")
                                       + url->authority() + url->target);
    demand(again && again->host == url->host && again->port == url->port
               && again->target == url->target,
           "an address is read as it is written", url->target);
  }
}

} // namespace

extern "C" int LLVMFuzzerInitialize(int* /*argc*/, char*** /*argv*/) {
  fuzzing::write_seeds(
      {"GET /tasks?status=failed&limit=5 HTTP/1.1\r\nHost: a\r\n\r\n",
       "POST /internal/tasks/x/status HTTP/1.1\r\nHost: a:8080\r\n"
       "Content-Type: application/json\r\nContent-Length: 20\r\n\r\n"
       "{\"status\":\"started\"}",
       "POST /internal/reports HTTP/1.1\r\nHost: a\r\n"
       "Transfer-Encoding: chunked\r\nTrailer: X\r\n\r\n"
       "5;a=b\r\nhello\r\n0\r\nX: y\r\n\r\n",
       "PUT /a%20b/%E4%B8%AD HTTP/1.0\r\nConnection: keep-alive\r\n"
       "Content-Length: 0\r\n\r\nGET / HTTP/1.1\r\nHost: b\r\n\r\n",
       "POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n"
       "Content-Length: 3\r\n\r\nabc",
       "GET / HTTP/1.1\r\nHost: a\r\nX: \r\n folded\r\n\r\n",
       "https://[::1]:8443/a/b?c=d&e=%41+f#g", "http://example.com"});
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {
  const std::string_view input{reinterpret_cast<const char*>(data), size};
  if (size > most_head)
    return -1;
  const auto whole = read(input, std::max<std::size_t>(size, 1));
  const auto cut = read(input, 1 + size % 7);
  // A head that comes in pieces may be refused later, at its end.
  demand(whole.done == cut.done, "a cut changes no end", input);
  if (whole.done) {
    demand(whole.used == cut.used, "a cut moves no end", input);
    demand(whole.read.method == cut.read.method
               && whole.read.target == cut.read.target
               && whole.read.body == cut.read.body
               && whole.read.headers.size() == cut.read.headers.size(),
           "a cut changes no request", input);
    check_read(whole.read);
    check_target(whole.read.target);
  }
  check_target(input);
  return 0;
}
