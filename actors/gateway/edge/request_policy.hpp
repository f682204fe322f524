#pragma once

#include <string>
#include <vector>

#include "actors/gateway/edge/access.hpp"
#include "actors/gateway/router.hpp"
#include "http/types.hpp"

// What the edge decides about a request before anybody reads its body. Pure.

namespace telltale {

/// The request's own X-Request-Id if it is sane (1 to 128 of `[A-Za-z0-9._-]`),
/// else a fresh one.
[[nodiscard]] std::string request_id_of(const http::request& what);

/// Anything but GET and HEAD.
[[nodiscard]] bool is_changing(const http::request& what);

/// The body is said to be JSON. No Content-Type is no wrong one.
[[nodiscard]] bool is_json(const http::request& what);

/// Is it a call of the daemon dialect?
[[nodiscard]] bool is_of_daemons(const operation_row& operation);

/// Does its body hold what a runner says, which may be large?
[[nodiscard]] bool is_report(const operation_row& operation);

/// A path without what names one thing alone: `GET /api/daemon/x/{}/y`.
[[nodiscard]] std::string shape_of(std::string_view method,
                                   const std::vector<std::string>& segments);

/// May this caller ask this of these path segments? A claim's token serves its
/// own task alone; whether an attempt's id is that of its own is seen later.
[[nodiscard]] bool is_allowed(const principal& who,
                              const operation_row& operation,
                              const std::vector<std::string>& path);

} // namespace telltale
