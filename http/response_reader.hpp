#pragma once

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/basic_parser.hpp>
#include <cstdint>
#include <functional>
#include <string_view>

#include "http/client.hpp"

namespace telltale::http {

/// Reads one response, straight into `client_response`. One reader reads one
/// response; interim ones (1xx) count as such.
class response_reader final : public boost::beast::http::basic_parser<false> {
public:
  using error_code = boost::beast::error_code;
  using string_view = boost::beast::string_view;
  /// Takes the body of a 2xx answer piece by piece; false to stop.
  using sink = std::function<bool(std::string_view)>;

  /// Heads larger than this are refused.
  static constexpr std::size_t most_head = 65'536;

  /// `on_data` may be empty: then the body is gathered, up to `most_body`. It
  /// must outlive the reader.
  response_reader(std::size_t most_body, const sink& on_data);

  /// Reads on; `need_more` if that takes more than there is. Between two chunks
  /// less than the end of a body is held back: Beast counts on having as much
  /// once it has seen the line of the last chunk (basic_parser.ipp,
  /// parse_chunk_header).
  std::size_t put(boost::asio::const_buffer part, error_code& ec);

  [[nodiscard]] client_response& get() { return read_; }

  /// The sink wants no more.
  [[nodiscard]] bool stopped() const { return stopped_; }

private:
  void on_request_impl(boost::beast::http::verb, string_view, string_view, int,
                       error_code&) override {}
  void on_response_impl(int status, string_view, int, error_code&) override;
  void on_field_impl(boost::beast::http::field, string_view name,
                     string_view value, error_code& ec) override;
  // Newer Boost tells trailers apart with this one; here it overrides nothing.
  void on_trailer_field_impl(boost::beast::http::field, string_view,
                             string_view, error_code&) {}
  void on_header_impl(error_code&) override { head_done_ = true; }
  void on_body_init_impl(const boost::optional<std::uint64_t>&,
                         error_code&) override {}
  std::size_t on_body_impl(string_view body, error_code& ec) override;
  void on_chunk_header_impl(std::uint64_t size, string_view,
                            error_code&) override {
    chunk_left_ = size;
  }
  std::size_t on_chunk_body_impl(std::uint64_t, string_view body,
                                 error_code& ec) override;
  void on_finish_impl(error_code&) override {}

  client_response read_;
  std::uint64_t chunk_left_ = 0; ///< of the body of this chunk
  std::size_t most_body_;
  const sink& on_data_;
  bool head_done_ = false;
  bool stopped_ = false;
};

} // namespace telltale::http
