#pragma once

#include "actors/gateway/edge/access.hpp"
#include "actors/gateway/router.hpp"
#include "http/types.hpp"

namespace telltale {

/// Answers what a page asks about its session: `open_session`, `read_session`
/// or `close_session`. The token lives in the browser's cookie alone. Pure; any
/// thread.
[[nodiscard]] http::response session_answer(const access_rules& access,
                                            call asked,
                                            const http::request& what);

} // namespace telltale
