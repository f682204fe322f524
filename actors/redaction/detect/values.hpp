#pragma once

#include <string_view>

#include "actors/redaction/text/characters.hpp"

namespace telltale::redact {

/// Stands the value for nothing secret: a variable, a template's hole, a mask,
/// null, a boolean?
[[nodiscard]] bool is_stand_in(std::string_view value) noexcept;

/// A path, an address, a call, a member of something.
[[nodiscard]] bool is_reference(std::string_view value) noexcept;

/// A bare value that is code: `name(…`, `$object->member`.
[[nodiscard]] bool is_call(std::string_view value) noexcept;

/// A random string of at least `least` characters: letters and digits mixed as
/// no word has them, or hexadecimal.
[[nodiscard]] bool is_random(std::string_view value,
                             std::size_t least) noexcept;

/// The same, where what its first 256 characters are made of is known.
[[nodiscard]] bool is_random(std::string_view value, std::size_t least,
                             const makeup& first) noexcept;

/// 8-4-4-4-12 characters.
[[nodiscard]] bool is_uuid_shaped(std::string_view value) noexcept;

/// A word that people put after `password:` when they write about one.
/// An object, a handle or a number as programs print them: `Token{a64f`,
/// `java.lang.Object@1f2e`, `0x24ed9311`, `{GUID}`.
[[nodiscard]] bool is_printed_object(std::string_view v) noexcept;

[[nodiscard]] bool is_prose_word(std::string_view value) noexcept;

} // namespace telltale::redact
