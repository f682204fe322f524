#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "http/types.hpp"

// The cookie of the page: a random text that stands for a session. What the
// session may do is kept by the service under the text's SHA-256.

namespace telltale {

/// 256 random bits in base64url. Throws `std::runtime_error` if there are none.
[[nodiscard]] std::string make_session_id();

/// What the store knows a session by: SHA-256 in hex. Pure.
[[nodiscard]] std::string hash_of_session(std::string_view id);

/// The session id that came in the request's cookie; nothing: none of the form
/// that `make_session_id` gives.
[[nodiscard]] std::optional<std::string>
find_session_id(const http::request& what);

/// The name of the cookie. One that HTTPS alone carries (`secure`) has the name
/// that browsers take from this very host alone.
[[nodiscard]] std::string_view session_cookie(bool secure) noexcept;

/// `Set-Cookie` that keeps the session, or that drops it if `id` is empty.
[[nodiscard]] std::string session_cookie_header(std::string_view id,
                                                bool secure);

} // namespace telltale
