#pragma once

#include "config/config.hpp"
#include "http/server.hpp"

namespace telltale {

/// What the configuration says to the HTTP server.
[[nodiscard]] http::server_options
server_options(const config::http_config& from);

} // namespace telltale
