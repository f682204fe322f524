#pragma once

#include <vector>

#include "commands/sink/sink_chat.hpp"

namespace telltale::commands {

/// The page at `/`: what people would see, a column per chat, newest last. All
/// of it is escaped; it loads nothing and runs nothing.
[[nodiscard]] http::response page_of(const std::vector<sink_message>& messages);

} // namespace telltale::commands
