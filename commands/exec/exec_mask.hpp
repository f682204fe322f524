#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "commands/client/runner_client.hpp"

namespace telltale::commands {

/// Masks what this machine alone knows to be secret: our tokens, the values of
/// secret-named variables, and what the engine finds by itself. The service
/// masks again; this keeps such values from leaving, and masks before a tail is
/// cut. Any thread.
[[nodiscard]] std::function<std::string(std::string_view)>
local_mask(const service_address& service);

} // namespace telltale::commands
