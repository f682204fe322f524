#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "actors/redaction/detect/classes.hpp"
#include "actors/redaction/detect/confirm.hpp"
#include "actors/redaction/rewrite/placeholder.hpp"
#include "actors/redaction/text/shadow.hpp"

namespace telltale::redact {

/// How often each class was masked, by its index.
using tally = std::array<std::uint32_t, 64>;

/// Sorted by the classes' names.
[[nodiscard]] redaction_findings to_findings(const tally& counts);

/// The placeholders of the original that its shadow shows unchanged, in the
/// shadow's coordinates.
[[nodiscard]] std::vector<stretch>
find_placeholders_of(const shadow& dark, std::string_view original);

/// Propagates, merges and clips the finds of a search and writes the text anew.
/// Nothing if the text stays as it is. `tagged`: so many bytes at either end
/// may have tags that tell values apart, as no more can stay; 0: none.
[[nodiscard]] std::optional<std::string>
mask(const shadow& dark, std::string_view original, search& s,
     const std::vector<stretch>& placeholders, const placeholder_writer& writer,
     std::size_t tagged, tally& counts);

} // namespace telltale::redact
