#pragma once

#include <optional>
#include <string>

#include "actors/gateway/edge/edge.hpp"
#include "http/types.hpp"

namespace telltale {

/// A file of the page as an answer, with the headers that keep foreign scripts
/// and frames out; 304 if the client has it and `status` is 200. `https`: a
/// browser is to come by HTTPS from now on, as it also is if it did.
[[nodiscard]] http::response page_answer(const page_asset& asset,
                                         const http::request& what,
                                         unsigned status, bool https);

/// Does the client ask for a page rather than for data? By the weights of
/// `text/html` and `application/json` in Accept.
[[nodiscard]] bool wants_html(const http::request& what);

} // namespace telltale
