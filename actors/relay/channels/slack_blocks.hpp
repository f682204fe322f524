#pragma once

#include <string>

#include <boost/json/array.hpp>

#include "actors/relay/text/render.hpp"

namespace telltale {

/// A message as Slack's blocks. Plain text and preformatted rich text have no
/// mark-up: no mention, no link, no style, no end of a block.
[[nodiscard]] boost::json::array slack_blocks(const rendered& what);

/// What notifications show.
[[nodiscard]] std::string slack_summary(const rendered& what);

} // namespace telltale
