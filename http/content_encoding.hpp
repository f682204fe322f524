#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "http/client.hpp"

namespace telltale::http {

/// A gzip member or a zlib stream as it was before it was compressed; nothing
/// if it is none, is cut, fails its check or would be larger than `most`.
[[nodiscard]] std::optional<std::string> decompress(std::string_view bytes,
                                                    std::size_t most);

/// Opens a body that came as gzip or deflate, though nobody asked for that. One
/// that cannot be opened stays as it is.
void open_body(client_response& answer, std::size_t most);

} // namespace telltale::http
