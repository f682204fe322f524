#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace telltale::text {

/// Base64 with padding (RFC 4648, section 4).
[[nodiscard]] std::string encode_base64(std::string_view bytes);

/// Padding may be missing or short. Nothing if anything else is wrong: a
/// character of another alphabet, a line end, padding in the middle, one
/// character too many.
[[nodiscard]] std::optional<std::string> decode_base64(std::string_view text);

/// Base64 for URLs, without padding (RFC 4648, section 5).
[[nodiscard]] std::string encode_base64url(std::string_view bytes);

/// Nothing on anything that `encode_base64url` would not write.
[[nodiscard]] std::optional<std::string>
decode_base64url(std::string_view text);

} // namespace telltale::text
