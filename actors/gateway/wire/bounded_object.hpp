#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <boost/json/object.hpp>
#include <caf/expected.hpp>

// Bodies of many megabytes of which little is kept. Pure; any thread.

namespace telltale {

/// Bodies beyond this are read without a second copy.
inline constexpr std::size_t large_body = 1U << 20U;

/// A report's body as `read_object` reads it, save that of a long text its
/// middle is cut out before it is decoded, so that no second copy of it is ever
/// made: at most 256 KiB of its head and of its tail are kept, with a line in
/// between that tells how much is not. A long member of another type comes as
/// such a text of its JSON.
[[nodiscard]] caf::expected<boost::json::object>
read_bounded_object(std::string_view body);

/// The elements of the list under `name` of a body that is a JSON object, as
/// they stand there; nothing if that member is no list.
[[nodiscard]] caf::expected<std::vector<std::string_view>>
read_elements(std::string_view body, std::string_view name);

/// The first `most` bytes of a text, cut between characters.
[[nodiscard]] std::string cut_text(std::string_view text, std::size_t most);

} // namespace telltale
