#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <caf/atom.hpp>
#include <caf/error.hpp>

namespace telltale {

/// Everything that can go wrong between actors. The name of a value is the
/// stable code that callers see.
enum class ec : std::uint8_t {
  none = 0,
#define TELLTALE_ERROR(name, http_status, text) name,
#include "messages/error.def"
#undef TELLTALE_ERROR
};

/// The category under which CAF carries our errors.
inline constexpr auto ec_category = caf::atom("telltale");

[[nodiscard]] std::string to_string(ec code);

/// One sentence for a person, without ids.
[[nodiscard]] std::string_view describe(ec code) noexcept;

/// The HTTP status that answers this error.
[[nodiscard]] unsigned http_status(ec code) noexcept;

/// The database cannot now, whatever it was asked: the same may work later, and
/// other work would fail as well.
[[nodiscard]] bool is_of_database(ec code) noexcept;

/// Found by CAF through argument-dependent lookup.
[[nodiscard]] caf::error make_error(ec code);

/// With the ids and circumstances that a person needs. Never raw text.
[[nodiscard]] caf::error make_error(ec code, std::string circumstances);

/// Our code in an error: `internal_error` for those of other categories,
/// `none` for no error.
[[nodiscard]] ec code_of(const caf::error& error) noexcept;

/// The circumstances that `make_error` was given, else the general sentence.
[[nodiscard]] std::string explain(const caf::error& error);

} // namespace telltale
