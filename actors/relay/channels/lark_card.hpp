#pragma once

#include <cstddef>
#include <string>

#include "actors/relay/text/render.hpp"

namespace telltale {

/// A message's `msg_type` and `content` (JSON as a string), as Lark wants them.
struct lark_content {
  std::string type; ///< `interactive` or `text`
  std::string json;
};

inline constexpr std::size_t lark_card_bytes = 30'000;
inline constexpr std::size_t lark_text_bytes = 150'000;

/// A card (title, escaped body, link button) or plain text. Never over the
/// limit: what is too long is shortened, by characters that a reader sees.
/// `limit`: 0, the chat API's own.
[[nodiscard]] lark_content lark_message(const rendered& what, bool card,
                                        std::size_t limit = 0);

} // namespace telltale
