#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace telltale::http {

struct header {
  std::string name;
  std::string value;
};

/// One request as the client sent it, within the server's limits.
struct request {
  std::string method; ///< upper case
  std::string target; ///< path and query, not decoded
  std::vector<header> headers;
  std::string body;
  /// Of a large body: its room among all that are under way. Whoever takes the
  /// body keeps this as long.
  std::shared_ptr<void> body_reservation{};
  /// Its body was not read: `server::judge` said so of its head. The connection
  /// ends with the answer.
  bool body_withheld = false;
  std::string remote_address;
  bool secure = false; ///< came over TLS

  /// The first header of that name, any case.
  [[nodiscard]] std::optional<std::string_view>
  find(std::string_view name) const;
};

/// One answer. Content-Length, Date and Connection are the server's business.
struct response {
  unsigned status = 200;
  std::vector<header> headers;
  std::string body;
};

/// The standard reason phrase of a status.
[[nodiscard]] std::string_view reason_phrase(unsigned status);

/// A target taken apart: segments of the path and pairs of the query, decoded.
struct target {
  std::vector<std::string> segments;
  std::vector<std::pair<std::string, std::string>> query;
};

[[nodiscard]] std::optional<target> parse_target(std::string_view text);

} // namespace telltale::http
