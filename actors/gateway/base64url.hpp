#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace telltale {

/// RFC 4648 section 5, without padding.
[[nodiscard]] std::string base64url_encode(std::string_view bytes);

/// Nothing on anything that `base64url_encode` would not write.
[[nodiscard]] std::optional<std::string>
base64url_decode(std::string_view text);

} // namespace telltale
