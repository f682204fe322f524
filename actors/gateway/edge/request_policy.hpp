#pragma once

#include <optional>
#include <string>
#include <vector>

#include "actors/gateway/edge/access.hpp"
#include "actors/gateway/router.hpp"
#include "http/types.hpp"
#include "messages/http_call.hpp"

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

/// Is it worth a line in the log: a change that an operator makes to what is
/// there, or that a page signs in? Who made a task, and what runners report, is
/// kept with the tasks.
[[nodiscard]] bool is_recorded(const operation_row& operation);

/// Who did what to what, for that line. Without any token.
[[nodiscard]] std::string describe_change(const http_call& message);

/// What the token of an attempt that is over may still do: report late, and ask
/// how it went, so that an old runner stops.
[[nodiscard]] bool outlives_attempt(call what) noexcept;

/// How large bodies may be.
struct body_limits {
  std::size_t most = 0;           ///< `http.max_body_bytes`
  std::size_t most_of_report = 0; ///< `http.max_report_bytes`
};

/// How much may come of a body that is no small one, by its head; nothing: it
/// is not to be read, since the request is refused. Only what a runner reports
/// may be large.
[[nodiscard]] std::optional<std::size_t>
allowed_body(const access_rules& access, const http::request& head,
             const body_limits& limits);

/// Why a service without tokens does not answer this request; nothing: it does.
/// Such a service is for the people of one machine: a page from elsewhere that
/// had its own name lead here (DNS rebinding) is not one of them, and neither
/// is what a proxy passes on.
[[nodiscard]] std::optional<std::string>
open_service_objection(const http::request& what);

/// May this caller ask this of these path segments? A claim's token serves its
/// own task alone; whether an attempt's id is that of its own is seen later.
[[nodiscard]] bool is_allowed(const principal& who,
                              const operation_row& operation,
                              const std::vector<std::string>& path);

} // namespace telltale
