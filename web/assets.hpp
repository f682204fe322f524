#pragma once

#include <map>
#include <string>
#include <string_view>

namespace telltale::web {

/// A file of the page, compiled into the program.
struct asset {
  std::string_view content; ///< lives as long as the program
  std::string_view content_type;
  std::string etag; ///< quoted; changes with the content
};

/// All files by their paths: `/index.html`, and `/assets/NAME` for what it asks
/// for.
[[nodiscard]] std::map<std::string, asset> assets();

} // namespace telltale::web
