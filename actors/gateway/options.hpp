#pragma once

#include "config/config.hpp"
#include "messages/gateway_options.hpp"

namespace telltale {

/// What the gateway follows of a configuration, at the start and after each
/// reload. Pure.
[[nodiscard]] gateway_options
make_gateway_options(const config::settings& from);

} // namespace telltale
