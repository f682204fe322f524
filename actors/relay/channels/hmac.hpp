#pragma once

#include <string>
#include <string_view>

namespace telltale {

/// HMAC-SHA256 in Base64, as chats and hooks want their requests signed; empty
/// if the library refuses.
[[nodiscard]] std::string hmac_sha256_base64(std::string_view key,
                                             std::string_view text);

} // namespace telltale
