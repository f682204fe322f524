#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "actors/gateway/wire/fields.hpp"
#include "messages/failure_reason.hpp"
#include "messages/redaction.hpp"

// What reports of both dialects say. Pure; any thread.

namespace telltale {

/// Of a word that is no reason, so much is kept.
inline constexpr std::size_t longest_word = 256;

/// What a runner gives as reason.
struct said_reason {
  std::optional<telltale::failure_reason>
      failure_reason;   ///< nothing: the text has to tell
  std::string reported; ///< the word itself, if the reason is not that word
};

/// A word of another system stands for a reason of the taxonomy; one that
/// cannot be a reason at all is none. Blank: nothing.
[[nodiscard]] said_reason read_reason_word(std::string_view word);

/// Values to mask, as many as a runner has in its environment.
[[nodiscard]] std::vector<raw_text> read_mask(field_reader& fields,
                                              const char* name);

} // namespace telltale
