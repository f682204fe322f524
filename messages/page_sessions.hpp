#pragma once

#include <cstdint>
#include <optional>
#include <string>

// Sessions of the page: who has signed in by a browser, and with which token.
// The browser holds a random text; the store holds its SHA-256.

namespace telltale {

struct begin_session {
  std::string hash;        ///< 64 hex digits
  std::uint64_t token = 0; ///< `principal::token` of who signs in

  bool operator==(const begin_session&) const = default;
};

struct session_begun {
  bool operator==(const session_begun&) const = default;
};

/// A sign of life of the session, too.
struct find_session {
  std::string hash;

  bool operator==(const find_session&) const = default;
};

struct session_found {
  /// Nothing: there is no such session, or its time is over.
  std::optional<std::uint64_t> token;

  bool operator==(const session_found&) const = default;
};

/// Signs out. It is no error if the session is over.
struct end_session {
  std::string hash;

  bool operator==(const end_session&) const = default;
};

struct session_ended {
  bool operator==(const session_ended&) const = default;
};

} // namespace telltale
