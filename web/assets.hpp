#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace telltale::web {

/// A file of the page, compiled into the program.
struct asset {
  std::string_view content; ///< lives as long as the program
  std::string_view content_type;
  std::string etag; ///< quoted; changes with the content
};

/// The file at a path: `/index.html`, or `/assets/NAME` for what it asks for.
/// Nothing for any other path. Any thread.
[[nodiscard]] std::optional<asset> find_asset(std::string_view path);

} // namespace telltale::web
