#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace telltale::text {

/// One member of a JSON object, as its text has it.
struct json_member {
  std::string name;       ///< decoded
  std::string_view value; ///< its very bytes: numbers of any length stay
};

/// The members of an object of which the text is JSON; none if it is another
/// value. Of two equal names both are there. What it points to is `object`.
[[nodiscard]] std::vector<json_member> members_of(std::string_view object);

/// The elements of an array of which the text is JSON; none if it is another
/// value.
[[nodiscard]] std::vector<std::string_view> elements_of(std::string_view array);

/// The value under `name`, the last of several; empty if there is none.
[[nodiscard]] std::string_view member_of(std::string_view object,
                                         std::string_view name);

} // namespace telltale::text
