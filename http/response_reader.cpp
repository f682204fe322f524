#include "http/response_reader.hpp"

#include <algorithm>
#include <string>

#include <boost/beast/http/error.hpp>

#include "http/wire.hpp"

namespace telltale::http {

namespace beast_http = boost::beast::http;

response_reader::response_reader(std::size_t most_body, const sink& on_data)
    : most_body_(most_body), on_data_(on_data) {
  eager(true);
  header_limit(most_head);
  body_limit(boost::none); // counted here, as bodies come
}

namespace {

/// Whether a status line of 12 characters, `HTTP/1.1 200`, has nothing behind
/// the code, not even the blank before its reason: some servers end it so, and
/// Beast wants the blank.
bool lacks_reason(std::string_view text) {
  constexpr std::size_t length = 12;
  return text.size() > length + 1 && text.starts_with("HTTP/1.")
         && text[8] == ' ' && text[length] == '\r' && text[length + 1] == '\n';
}

} // namespace

std::size_t response_reader::put(boost::asio::const_buffer part,
                                 error_code& ec) {
  if (!got_some() && !is_header_done()) {
    const std::string_view text{static_cast<const char*>(part.data()),
                                part.size()};
    if (lacks_reason(text)) {
      std::string mended{text};
      mended.insert(12, 1, ' ');
      const auto read = basic_parser::put(boost::asio::buffer(mended), ec);
      return read == 0 ? 0 : read - 1;
    }
  }
  if (is_header_done() && chunked() && chunk_left_ == 0
      && may_be_cut_last_chunk(part.size())) {
    ec = beast_http::error::need_more;
    return 0;
  }
  return basic_parser::put(part, ec);
}

void response_reader::on_response_impl(int status, string_view, int,
                                       error_code&) {
  read_.status = static_cast<unsigned>(status);
}

void response_reader::on_field_impl(beast_http::field, string_view name,
                                    string_view value, error_code&) {
  if (!head_done_) // else a trailer
    read_.headers.push_back(
        {{name.data(), name.size()}, {value.data(), value.size()}});
}

std::size_t response_reader::on_body_impl(string_view body, error_code& ec) {
  if (stopped_)
    return body.size();
  if (on_data_ && read_.status / 100 == 2) {
    try {
      stopped_ = !on_data_({body.data(), body.size()});
    } catch (...) {
      stopped_ = true;
    }
  } else if (read_.body.size() + body.size() > most_body_) {
    ec = beast_http::error::body_limit;
  } else {
    read_.body.append(body.data(), body.size());
  }
  return body.size();
}

std::size_t response_reader::on_chunk_body_impl(std::uint64_t, string_view body,
                                                error_code& ec) {
  chunk_left_ -= std::min<std::uint64_t>(chunk_left_, body.size());
  return on_body_impl(body, ec);
}

} // namespace telltale::http
