#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "messages/routes.hpp"

// Which chats hear of a failed task. Pure decisions.

namespace telltale {

/// Does the whole of `text` fit? `*` stands for any characters, `?` for one.
/// Takes no more steps than the product of both lengths.
[[nodiscard]] bool fits_pattern(std::string_view pattern,
                                std::string_view text) noexcept;

/// Do all patterns fit? A reason that is not known yet fits each.
[[nodiscard]] bool fits(const route_match& match, const routed_task& task);

/// The chat that the task's session is bound to; else those of the first route
/// that fits, and of the ones behind it as far as each lets them be asked; else
/// the default chats. Each once. Empty: nobody is told.
[[nodiscard]] std::vector<chosen_chat>
choose_chats(const routed_task& task,
             const std::optional<chat_binding>& session,
             const chat_routing& rules);

/// Must the labels of tasks be read to choose?
[[nodiscard]] bool reads_labels(const chat_routing& rules);

} // namespace telltale
