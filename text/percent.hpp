#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace telltale::text {

/// A text as one part of an address: all but letters, digits and `-._~` become
/// `%XX`.
[[nodiscard]] std::string percent_encode(std::string_view text);

/// `%XX` and `+` decoded; nothing if the text is no valid encoding or decodes
/// to something that is not UTF-8 or holds a NUL.
[[nodiscard]] std::optional<std::string> percent_decode(std::string_view text,
                                                        bool plus_is_blank);

} // namespace telltale::text
