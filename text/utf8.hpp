#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace telltale::text {

/// One character of a text: its code point, and how many bytes it takes.
struct character {
  char32_t code = 0;
  std::size_t size = 0;
};

/// U+FFFD in UTF-8: stands where bytes cannot be read.
inline constexpr std::string_view replacement = "\xef\xbf\xbd";

/// Does this byte go on with a character that an earlier byte began?
[[nodiscard]] constexpr bool is_continuation(char byte) noexcept {
  return (static_cast<unsigned char>(byte) & 0xc0U) == 0x80U;
}

/// The character that begins at byte `at`, which lies inside the text. Nothing
/// if none does: the bytes are cut short, overlong, a surrogate, or more than
/// U+10FFFF.
[[nodiscard]] std::optional<character> decode(std::string_view text,
                                              std::size_t at = 0) noexcept;

/// The same, but a byte that begins no character counts as one: its code is the
/// byte's value.
[[nodiscard]] character decode_or_byte(std::string_view text,
                                       std::size_t at) noexcept;

[[nodiscard]] bool is_valid(std::string_view text) noexcept;

/// Has it a byte below U+0020, or U+007F?
[[nodiscard]] bool has_ascii_control(std::string_view text) noexcept;

/// A byte that is none of UTF-8 counts as a character.
[[nodiscard]] std::size_t count_characters(std::string_view text) noexcept;

/// Length in UTF-16, by which some programs count; of a valid text.
[[nodiscard]] std::size_t utf16_units(std::string_view text) noexcept;

/// The first, and the last, `count` characters of a valid text; all of it if it
/// has no more.
[[nodiscard]] std::string_view first_characters(std::string_view text,
                                                std::size_t count) noexcept;
[[nodiscard]] std::string_view last_characters(std::string_view text,
                                               std::size_t count) noexcept;

/// Does it act on what shows it instead of being shown: a control character
/// (C0, DEL, C1), a line or paragraph separator, a mark that turns the
/// direction of text?
[[nodiscard]] bool acts_on_display(char32_t code) noexcept;

/// A text that stays on its line and shows as it is written: what acts on the
/// display goes, in the place of what would end a line or move on comes a
/// blank.
[[nodiscard]] std::string display_line(std::string_view text);

/// A valid text: each byte that is none of UTF-8 becomes U+FFFD.
[[nodiscard]] std::string replace_invalid(std::string_view text);

} // namespace telltale::text
