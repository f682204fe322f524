#pragma once

#include <string>
#include <string_view>

#include <caf/expected.hpp>

#include "messages/routes.hpp"

namespace telltale {

/// `{kind, reason?, workspace_id?, labels?, chat_session_id?}`.
[[nodiscard]] caf::expected<ask_routes> parse_ask_routes(std::string_view body);

/// `{routes: […], default_chats: […]}`, as configured.
[[nodiscard]] std::string write_routes(const chat_routing& now);

/// `{tells: […]}`; empty: nobody is told.
[[nodiscard]] std::string write_route_tells(const routes_told& told);

} // namespace telltale
