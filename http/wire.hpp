#pragma once

// How answers look on the wire. Pure; shared by server and client.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "http/types.hpp"

namespace telltale::http {

/// Equal but for the case of ASCII letters.
[[nodiscard]] bool same_name(std::string_view a, std::string_view b);

/// A header name or method that RFC 9110 allows.
[[nodiscard]] bool is_token(std::string_view text);

/// True if `value` can stand in a header: no CR, LF, NUL or other control.
[[nodiscard]] bool is_header_value(std::string_view value);

/// The first header of that name, any case.
[[nodiscard]] std::optional<std::string_view>
find_header(const std::vector<header>& headers, std::string_view name);

/// How the end of an answer's body is told.
enum class framing : std::uint8_t {
  length,      ///< Content-Length
  chunked,     ///< Transfer-Encoding
  until_close, ///< the connection's end; HTTP/1.0 streams
};

/// What the server adds to the head of an answer.
struct head_frame {
  framing how = framing::length;
  bool keep_alive = true;
  bool http10 = false;
  std::string_view date; ///< a whole header line, or empty
};

/// Appends status line and headers with the empty line. Content-Length,
/// Transfer-Encoding, Connection and Date come from `frame`; the answer's own
/// are left out, and so is a header that could not stand on a line (its name is
/// no token or its value holds a control character).
void append_head(std::string& out, const response& what,
                 const head_frame& frame);

/// Appends one chunk of a chunked body. `data` must not be empty: that would
/// end the body.
void append_chunk(std::string& out, std::string_view data);

/// The chunk that ends a chunked body.
inline constexpr std::string_view last_chunk = "0\r\n\r\n";

/// Between two chunks, so few bytes may be a last chunk that was cut: Beast's
/// parser takes it for granted that it sees that one whole.
[[nodiscard]] constexpr bool may_be_cut_last_chunk(std::size_t size) noexcept {
  return size < last_chunk.size();
}

/// True for a status whose answer has no body: 1xx, 204, 304.
[[nodiscard]] bool is_bodiless(unsigned status);

/// `Date: …\r\n` for a moment in seconds since 1970, UTC.
[[nodiscard]] std::string date_line(std::int64_t seconds);

} // namespace telltale::http
