#include "http/flight.hpp"

#include <algorithm>
#include <array>
#include <boost/asio/error.hpp>
#include <boost/beast/http/error.hpp>
#include <string_view>

#include "http/address.hpp"
#include "http/content_encoding.hpp"
#include "http/wire.hpp"

namespace telltale::http {

namespace asio = boost::asio;
namespace beast_http = boost::beast::http;
using asio::ip::tcp;

namespace {

bool may_repeat(const client_request& what) {
  static constexpr std::array<std::string_view, 5> idempotent{
      "GET", "HEAD", "PUT", "DELETE", "OPTIONS"};
  return what.may_repeat
         || std::ranges::find(idempotent, what.method) != idempotent.end();
}

} // namespace

flight::flight(flight_deck& deck, client_request what, callback then)
    : deck_(deck), request_(std::move(what)), then_(std::move(then)),
      resolver_(deck.context()), timer_(deck.context()) {}

void flight::stream_to(std::chrono::milliseconds idle,
                       response_reader::sink on_data) {
  idle_ = idle;
  on_data_ = std::move(on_data);
}

void flight::start() {
  if (!prepare())
    return;
  const auto now = clock::now();
  ends_ =
      idle_ ? clock::time_point::max()
            : now + request_.timeout.value_or(deck_.options().request_timeout);
  on_ = deck_.take(to_);
  if (on_)
    send();
  else
    connect();
}

void flight::cancel() {
  fail(kind::cancelled, "the client was stopped");
}

/// Takes the URL apart and words the request.
bool flight::prepare() {
  auto to = parse_url(request_.url);
  if (!to) {
    land(client_error{kind::bad_url, "not a usable http or https URL", false});
    return false;
  }
  to_ = std::move(*to);
  if (!is_token(request_.method)) {
    fail(kind::bad_url, "the method is not usable");
    return false;
  }
  bytes_ = request_.method + ' ' + to_.target
           + " HTTP/1.1\r\nHost: " + to_.host_header() + "\r\n";
  if (!find_header(request_.headers, "accept-encoding"))
    bytes_ += "Accept-Encoding: identity\r\n";
  if (const auto& agent = deck_.options().user_agent;
      is_header_value(agent) && !agent.empty()
      && !find_header(request_.headers, "user-agent"))
    bytes_ += "User-Agent: " + agent + "\r\n";
  for (const auto& h : request_.headers) {
    if (!is_token(h.name) || !is_header_value(h.value)) {
      fail(kind::bad_url, "a header is not usable");
      return false;
    }
    // Ours alone, or the other side could see another request than we do.
    if (same_name(h.name, "host") || same_name(h.name, "content-length")
        || same_name(h.name, "transfer-encoding")
        || same_name(h.name, "connection"))
      continue;
    bytes_ += h.name + ": " + h.value + "\r\n";
  }
  if (!request_.body.empty() || request_.method == "POST"
      || request_.method == "PUT" || request_.method == "PATCH")
    bytes_ +=
        "Content-Length: " + std::to_string(request_.body.size()) + "\r\n";
  bytes_ += "\r\n";
  bytes_ += request_.body;
  request_.body = {};
  return true;
}

void flight::connect() {
  connect_ends_ =
      std::min(ends_, clock::now() + deck_.options().connect_timeout);
  wait_until(connect_ends_, "resolve");
  error_code ec;
  const auto literal = asio::ip::make_address(to_.host, ec);
  if (!ec) {
    resolved({}, {tcp::endpoint{literal, to_.port}});
    return;
  }
  resolver_.async_resolve(
      to_.host, std::to_string(to_.port), tcp::resolver::numeric_service,
      [self = shared_from_this()](const error_code& failed,
                                  const tcp::resolver::results_type& found) {
        endpoints all;
        for (const auto& entry : found)
          all.push_back(entry.endpoint());
        self->resolved(failed, std::move(all));
      });
}

void flight::resolved(const error_code& ec, endpoints found) {
  if (done_)
    return;
  if (ec || found.empty()) {
    fail(kind::resolve, ec ? ec.message() : "no address");
    return;
  }
  // The addresses that were looked at are the ones that are connected to, so a
  // name cannot resolve to something else in between.
  const auto is_refused = [](const tcp::endpoint& place) {
    return is_special(place.address());
  };
  if (!deck_.options().allow_private
      && std::any_of(found.begin(), found.end(), is_refused)) {
    doing_ = "address";
    fail(kind::refused_address, "not a public address");
    return;
  }
  places_ = std::move(found);
  place_ = 0;
  connect_next();
}

void flight::connect_next() {
  // Each address gets its share of what is left, so that one that swallows
  // packets leaves time for the next.
  const auto now = clock::now();
  const auto left = std::max(connect_ends_ - now, clock::duration{0});
  const auto share = left / (places_.size() - place_);
  on_ = std::make_unique<connection>(deck_.context());
  ++leg_;
  connecting_ = true;
  wait_until(now + share, "connect");
  on_->socket().async_connect(
      places_[place_++],
      [self = shared_from_this(), leg = leg_](const error_code& ec) {
        if (leg == self->leg_)
          self->connected(ec);
      });
}

void flight::connected(const error_code& ec) {
  if (done_ || !connecting_)
    return;
  connecting_ = false;
  if (ec) {
    if (place_ < places_.size())
      connect_next();
    else
      fail(kind::connect, ec.message());
    return;
  }
  error_code ignored;
  on_->socket().set_option(tcp::no_delay(true), ignored);
  if (!to_.secure) {
    send();
    return;
  }
  wait_until(connect_ends_, "tls");
  std::string why;
  auto* tls = deck_.tls(why);
  if (tls == nullptr)
    fail(kind::tls, why);
  else
    on_->handshake(*tls, to_.host, next(&flight::shaken));
}

void flight::shaken(const error_code& ec, std::size_t) {
  if (ec)
    fail(kind::tls, ec.message());
  else
    send();
}

void flight::send() {
  doing_ = "send";
  limit_step();
  sent_ = true;
  on_->write(bytes_, next(&flight::written));
}

void flight::written(const error_code& ec, std::size_t) {
  // The other side may have refused the rest of a large body and said why.
  write_failed_ = static_cast<bool>(ec);
  doing_ = "receive";
  reader_.emplace(deck_.options().max_response_bytes, on_data_);
  reader_->skip(request_.method == "HEAD");
  read();
}

void flight::read() {
  limit_step();
  on_->read(next(&flight::came));
}

void flight::came(const error_code& ec, std::size_t n) {
  heard_ = heard_ || n > 0;
  if (ec)
    ended(ec);
  else
    parse();
}

void flight::parse() {
  auto& input = on_->input();
  while (input.size() > 0) {
    error_code ec;
    const auto n = reader_->put(input.data(), ec);
    input.consume(n);
    if (reader_->stopped()) {
      land(std::move(reader_->get()));
      return;
    }
    if (ec == beast_http::error::need_more) {
      if (input.size() <= response_reader::most_head)
        break;
      ec = beast_http::error::header_limit;
    }
    if (ec == beast_http::error::body_limit
        || ec == beast_http::error::header_limit) {
      fail(kind::too_large, "the answer is too large");
      return;
    }
    if (ec || (reader_->is_done() && reader_->get().status == 101)) {
      fail(kind::transport, "the answer is not HTTP/1.1");
      return;
    }
    if (!reader_->is_done())
      continue;
    if (reader_->get().status >= 200) {
      complete();
      return;
    }
    reader_.emplace(deck_.options().max_response_bytes, on_data_);
    reader_->skip(request_.method == "HEAD");
  }
  read();
}

/// The connection ended before the answer did.
void flight::ended(const error_code& ec) {
  if (reader_->got_some() && ec == asio::error::eof) {
    error_code partial;
    reader_->put_eof(partial);
    if (!partial && reader_->is_done()) {
      complete();
      return;
    }
  }
  if (!heard_ && on_->used_before && !replaced_ && may_repeat(request_)) {
    replaced_ = true;
    on_->close();
    connect();
    return;
  }
  fail(kind::transport,
       ec == asio::error::eof ? "the connection was closed" : ec.message());
}

void flight::complete() {
  const bool reusable = !write_failed_ && reader_->keep_alive()
                        && !reader_->need_eof() && on_->input().size() == 0;
  if (reusable)
    deck_.keep(to_, std::move(on_));
  auto answer = std::move(reader_->get());
  if (!on_data_)
    open_body(answer, deck_.options().max_response_bytes);
  land(std::move(answer));
}

/// A handler that stays away once the flight is over or has moved on to another
/// connection.
connection::handler flight::next(step which) {
  return [self = shared_from_this(), leg = leg_, which](const error_code& ec,
                                                        std::size_t n) {
    if (!self->done_ && leg == self->leg_)
      ((*self).*which)(ec, n);
  };
}

void flight::limit_step() {
  wait_until(idle_ ? clock::now() + *idle_ : ends_, doing_);
}

void flight::wait_until(clock::time_point when, const char* doing) {
  doing_ = doing;
  if (timer_set_ != 0 && timer_.expiry() == when)
    return;
  const auto set = ++timer_set_;
  timer_.expires_at(when);
  timer_.async_wait([self = shared_from_this(), set](const error_code& ec) {
    if (!ec && !self->done_ && set == self->timer_set_)
      self->late();
  });
}

void flight::late() {
  if (connecting_ && place_ < places_.size()) {
    connected(asio::error::timed_out);
    return;
  }
  fail(kind::timeout, "no answer in time");
}

void flight::fail(kind what, const std::string& text) {
  land(
      client_error{what, to_.authority() + ": " + doing_ + ": " + text, sent_});
}

void flight::land(client_result result) {
  if (std::exchange(done_, true))
    return;
  timer_.cancel();
  resolver_.cancel();
  if (on_)
    on_->close();
  const auto then = std::exchange(then_, nullptr);
  deck_.landed(shared_from_this());
  try {
    then(std::move(result));
  } catch (...) {
    // The caller's own affair; other requests go on.
  }
}

} // namespace telltale::http
