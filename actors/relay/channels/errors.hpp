#pragma once

#include <span>
#include <string>
#include <string_view>

#include "actors/relay/channels/answer.hpp"

namespace telltale {

/// A row of a chat's table of errors: one place for what its log line, the API,
/// the page and docs/relays.md say.
struct error_row {
  std::string_view code; ///< as the chat writes it; Telegram: how it begins
  answer_rule rule;
  std::string_view meaning; ///< a few words
  std::string_view advice;  ///< what a person does; empty: nothing needs doing
  std::string_view source;  ///< address of the chat's own documentation
};

/// The table of one type of relay.
struct error_table {
  std::string_view type;
  std::span<const error_row> rows;
};

[[nodiscard]] std::span<const error_table> error_tables() noexcept;

/// Empty for a type that has none.
[[nodiscard]] std::span<const error_row>
errors_of(std::string_view type) noexcept;

/// Null if the table has no such code.
[[nodiscard]] const error_row* find_error(std::string_view type,
                                          std::string_view code) noexcept;

/// What a chat's own words for an error mean: its table's row, else what the
/// status alone says. `word`: what the chat calls it, shown if it is fit to be.
[[nodiscard]] answer_meaning by_code(std::string_view type,
                                     std::string_view code,
                                     const http::client_response& answer,
                                     std::string_view word = {});

/// The meaning that a row gives an answer; `shown`: the code for people.
[[nodiscard]] answer_meaning by_row(std::string_view type, const error_row& row,
                                    std::string_view shown,
                                    const http::client_response& answer);

/// A type's table as Markdown, for docs/relays.md.
[[nodiscard]] std::string errors_as_markdown(const error_table& table);

} // namespace telltale
