#pragma once

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/basic_parser.hpp>
#include <cstdint>

#include "http/body_bounds.hpp"
#include "http/server.hpp"
#include "http/types.hpp"

namespace telltale::http {

/// Reads one request, straight into `request`: Beast's own message would cost
/// every header twice. One reader reads one request. No thread of its own.
///
/// Stricter than Beast where a proxy in front could see other boundaries than
/// we do (request smuggling): one Content-Length of digits, or one
/// Transfer-Encoding that says `chunked` and nothing else, never both and never
/// in HTTP/1.0; exactly one Host from HTTP/1.1 on.
class request_reader final : public boost::beast::http::basic_parser<true> {
public:
  using error_code = boost::beast::error_code;
  using string_view = boost::beast::string_view;

  request_reader(const server_options& limits, const body_bounds& bodies);

  /// The client waits for a word before it sends the body. Meaningful once the
  /// head is complete.
  [[nodiscard]] bool expects_continue() const { return expects_continue_; }

  [[nodiscard]] bool http10() const { return version_ == 10; }

  /// Reads on; `need_more` if that takes more than there is. Between two chunks
  /// less than the end of a body is held back: Beast counts on having as much
  /// once it has seen the line of the last chunk (basic_parser.ipp,
  /// parse_chunk_header).
  std::size_t put(boost::asio::const_buffer part, error_code& ec);

  /// What was read. Take it once it is done.
  [[nodiscard]] request& get() { return read_; }

  /// What an error of `put` means to the client.
  [[nodiscard]] refusal meaning_of(const error_code& ec) const;

private:
  void on_request_impl(boost::beast::http::verb, string_view method,
                       string_view target, int version,
                       error_code& ec) override;
  void on_response_impl(int, string_view, int, error_code&) override {}
  void on_field_impl(boost::beast::http::field field, string_view name,
                     string_view value, error_code& ec) override;
  // Newer Boost tells trailers apart with this one; here it overrides nothing.
  void on_trailer_field_impl(boost::beast::http::field, string_view,
                             string_view, error_code&) {}
  void on_header_impl(error_code& ec) override;
  void on_body_init_impl(const boost::optional<std::uint64_t>& length,
                         error_code& ec) override;
  std::size_t on_body_impl(string_view body, error_code& ec) override;
  void on_chunk_header_impl(std::uint64_t size, string_view,
                            error_code& ec) override;
  std::size_t on_chunk_body_impl(std::uint64_t, string_view body,
                                 error_code& ec) override;
  void on_finish_impl(error_code&) override {}

  /// May the body have so many bytes? Asks the judge once, if it is needed.
  bool admits(std::uint64_t bytes, error_code& ec);

  request read_;
  const body_bounds& bodies_;
  std::size_t most_;            ///< of bodies that need no room of their own
  std::size_t limit_;           ///< of the body for now, in bytes
  std::size_t allowed_ = 0;     ///< by the judge
  std::uint64_t announced_ = 0; ///< its length, as the head has it
  bool judged_ = false;
  bool over_limit_ = false;      ///< large bodies of others are under way
  std::uint64_t chunk_left_ = 0; ///< of the body of this chunk
  int version_ = 11;
  unsigned hosts_ = 0;
  bool has_length_ = false;
  bool has_encoding_ = false;
  bool expects_continue_ = false;
  bool head_done_ = false;
};

} // namespace telltale::http
