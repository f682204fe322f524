#pragma once

#include <string>
#include <string_view>

namespace telltale::commands {

/// The Base64 of HMAC-SHA256 with the key behind `whsec_`, as receivers of
/// signed webhooks compute it.
[[nodiscard]] std::string signature_of(std::string_view secret,
                                       std::string_view text);

} // namespace telltale::commands
