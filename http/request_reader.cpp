#include "http/request_reader.hpp"

#include <algorithm>
#include <boost/beast/http/error.hpp>
#include <charconv>
#include <limits>
#include <utility>

#include "http/wire.hpp"

namespace telltale::http {

namespace beast_http = boost::beast::http;

namespace {

/// A body that only announces its length gets this much memory for it.
constexpr std::uint64_t most_reserved = 65'536;

std::string_view plain(request_reader::string_view text) {
  return {text.data(), text.size()};
}

} // namespace

request_reader::request_reader(const server_options& limits,
                               const body_bounds& bodies)
    : bodies_(bodies), most_(limits.max_body_bytes),
      limit_(bodies.judge ? std::min(limits.small_body_bytes, most_) : most_) {
  eager(true);
  header_limit(static_cast<std::uint32_t>(limits.max_header_bytes));
  // Beast judges a length before anybody has seen the head: `admits` does it.
  body_limit(boost::none);
}

refusal request_reader::meaning_of(const error_code& ec) const {
  if (ec == beast_http::error::header_limit)
    return refusal::headers_too_large;
  if (ec == beast_http::error::body_limit)
    return over_limit_ ? refusal::too_much_at_once : refusal::body_too_large;
  return refusal::malformed;
}

std::size_t request_reader::put(boost::asio::const_buffer part,
                                error_code& ec) {
  if (is_header_done() && chunked() && chunk_left_ == 0
      && may_be_cut_last_chunk(part.size())) {
    ec = beast_http::error::need_more;
    return 0;
  }
  return basic_parser::put(part, ec);
}

void request_reader::on_request_impl(beast_http::verb, string_view method,
                                     string_view target, int version,
                                     error_code& ec) {
  const auto is_lower = [](char c) { return c >= 'a' && c <= 'z'; };
  if (std::any_of(method.begin(), method.end(), is_lower)) {
    ec = beast_http::error::bad_method;
    return;
  }
  read_.method.assign(method.data(), method.size());
  read_.target.assign(target.data(), target.size());
  read_.headers.reserve(8);
  version_ = version;
}

void request_reader::on_field_impl(beast_http::field field, string_view name,
                                   string_view value, error_code& ec) {
  // Trailers come this way too, and must not pass for headers.
  if (head_done_)
    return;
  if (field == beast_http::field::content_length) {
    const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
    if (has_length_ || value.empty()
        || !std::all_of(value.begin(), value.end(), is_digit))
      ec = beast_http::error::bad_content_length;
    has_length_ = true;
    if (!ec
        && std::from_chars(value.data(), value.data() + value.size(),
                           announced_)
                   .ec
               != std::errc{})
      ec = beast_http::error::bad_content_length; // 64 bits do not hold it
  } else if (field == beast_http::field::transfer_encoding) {
    if (has_encoding_ || version_ < 11 || !same_name(plain(value), "chunked"))
      ec = beast_http::error::bad_transfer_encoding;
    has_encoding_ = true;
  } else if (field == beast_http::field::host) {
    ++hosts_;
  } else if (field == beast_http::field::expect) {
    expects_continue_ =
        version_ >= 11 && same_name(plain(value), "100-continue");
  }
  if (!is_header_value(plain(value)))
    ec = beast_http::error::bad_value;
  if (!ec)
    read_.headers.push_back(
        {{name.data(), name.size()}, {value.data(), value.size()}});
}

void request_reader::on_header_impl(error_code& ec) {
  head_done_ = true;
  if (has_length_ && has_encoding_)
    ec = beast_http::error::bad_transfer_encoding;
  else if (hosts_ > 1 || (hosts_ == 0 && version_ >= 11))
    ec = beast_http::error::bad_field;
  else
    admits(announced_, ec);
}

bool request_reader::admits(std::uint64_t bytes, error_code& ec) {
  if (bytes <= limit_)
    return true;
  if (bodies_.judge && !std::exchange(judged_, true)) {
    const auto allowed = bodies_.judge(read_);
    read_.body_withheld = !allowed;
    allowed_ = allowed.value_or(0);
    limit_ = std::min(allowed_, most_);
  }
  if (bytes > limit_ && bytes <= allowed_) {
    // Larger than most: there is room for some of these.
    limit_ = allowed_;
    read_.body_reservation = bodies_.take(
        has_length_ ? static_cast<std::size_t>(announced_) : allowed_);
    over_limit_ = !read_.body_reservation;
  }
  if (bytes <= limit_ && !over_limit_)
    return true;
  ec = beast_http::error::body_limit;
  return false;
}

void request_reader::on_body_init_impl(
    const boost::optional<std::uint64_t>& length, error_code&) {
  if (length)
    read_.body.reserve(static_cast<std::size_t>(
        read_.body_reservation ? *length : std::min(*length, most_reserved)));
}

std::size_t request_reader::on_body_impl(string_view body, error_code& ec) {
  if (!admits(read_.body.size() + body.size(), ec))
    return 0;
  read_.body.append(body.data(), body.size());
  return body.size();
}

void request_reader::on_chunk_header_impl(std::uint64_t size, string_view,
                                          error_code& ec) {
  chunk_left_ = size;
  const auto most = std::numeric_limits<std::uint64_t>::max();
  admits(size > most - read_.body.size() ? most : read_.body.size() + size, ec);
}

std::size_t request_reader::on_chunk_body_impl(std::uint64_t, string_view body,
                                               error_code& ec) {
  chunk_left_ -= std::min<std::uint64_t>(chunk_left_, body.size());
  return on_body_impl(body, ec);
}

} // namespace telltale::http
