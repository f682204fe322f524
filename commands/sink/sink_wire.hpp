#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/json/object.hpp>

#include "http/types.hpp"
#include "text/json_fields.hpp"

namespace telltale::commands {

// What the sink's endpoints read and say.

// Bodies are read as JSON that somebody else wrote.
using text::array_at;
using text::flag_at;
using text::number_or_zero;
using text::object_at;
using text::parse_object;
using text::text_at;

/// The first value of that name; empty: none.
[[nodiscard]] std::string value_in_query(const http::request& what,
                                         std::string_view key);

[[nodiscard]] http::response json_answer(unsigned status,
                                         const boost::json::object& body);

/// The same answer with a compressed body, as some proxies send it unasked.
[[nodiscard]] http::response in_gzip(http::response answer);

/// Lark's shape of an error: HTTP 400, the code in the body.
[[nodiscard]] http::response lark_error(unsigned status, std::int64_t code);

/// What a reader sees of Telegram's HTML.
struct html_text {
  std::string text;
  std::string link; ///< of its last link; one without a dot is dropped
  std::string code; ///< in `<pre>`
  std::vector<std::string> found{}; ///< what it makes a mention or a link of
};

/// Nothing if it has a tag that Telegram does not know, or one left open.
[[nodiscard]] std::optional<html_text> text_of_html(std::string_view html);

/// What stands in the first block of code of Markdown, as CommonMark fences it;
/// empty: there is none, or it has no end.
[[nodiscard]] std::string code_of_markdown(std::string_view text);

/// The same text without its blocks of code.
[[nodiscard]] std::string outside_code(std::string_view text);

/// `&amp;`, `&lt;` and `&gt;` as the characters that they stand for.
[[nodiscard]] std::string plain_entities(std::string_view text);

/// `&`, `<`, `>` and quotes as entities.
[[nodiscard]] std::string escape_html(std::string_view text);

/// What a reader sees: entities `&#NN;` are characters, and the joiner that
/// keeps a mention from being one is not seen.
[[nodiscard]] std::string as_seen(std::string_view text);

/// Control characters, but for line feeds, as `\xNN`: a message must not speak
/// to the terminal.
[[nodiscard]] std::string harmless(std::string_view text);

} // namespace telltale::commands
