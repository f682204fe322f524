#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "actors/redaction/detect/confirm.hpp"

namespace telltale::redact {

/// How much of a secret a word's value must look like; see key_words.def.
enum class key_family : std::uint8_t { password, token, weak };

namespace key_rule {
inline constexpr std::uint8_t none = 0;
inline constexpr std::uint8_t part = 1U << 0U;
inline constexpr std::uint8_t query = 1U << 1U;
inline constexpr std::uint8_t alone = 1U << 2U;
} // namespace key_rule

struct key_word {
  std::string_view word;
  key_family family{};
  std::uint8_t rules = 0;
};

[[nodiscard]] std::span<const key_word> key_words() noexcept;

/// What stands between a name and its value.
enum class key_operator : std::uint8_t {
  none,
  assign,  ///< = := => ?= and kin
  compare, ///< == != and kin
  colon,
  comma,   ///< between two arguments
  element, ///< > of an XML element
  blank,   ///< nothing but blanks
  joined,  ///< - or _ right after the word
};

/// A name of a secret as it was found in a text.
struct key_site {
  std::size_t begin = 0; ///< of the whole name
  std::size_t word_begin = 0;
  std::size_t word_end = 0;
  std::size_t end = 0; ///< of the whole name
  key_operator op = key_operator::none;
  bool spaced = false; ///< a blank follows the operator
  bool quoted_name = false;
  bool option = false;    ///< a command line option: `--name`
  bool parameter = false; ///< of an address
  std::size_t value = 0;  ///< where the value begins, quotes included
};

/// Reads what stands around a word; `op` is none if it names nothing.
[[nodiscard]] key_site read_site(search& s, std::size_t word_begin,
                                 std::size_t word_end, bool part);

/// Does the name go on so far behind a word's end that nothing but what the
/// word is joined to can be its value?
[[nodiscard]] bool is_deep_in_name(search& s, std::size_t word_end);

/// A name that speaks about a secret rather than naming one: `token_count`,
/// `max_tokens`, `public_key`.
[[nodiscard]] bool is_about(std::string_view name, std::size_t word_begin,
                            std::size_t word_end) noexcept;

/// Never a secret, whatever the value: `public_key`, `csrf`, `keyword`.
[[nodiscard]] bool is_harmless(std::string_view name) noexcept;

} // namespace telltale::redact
