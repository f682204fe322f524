#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/json/object.hpp>

#include "commands/sink_chat.hpp"
#include "http/types.hpp"

namespace telltale::commands {

// What the sink's endpoints read and say.

[[nodiscard]] std::optional<boost::json::object>
read_object(std::string_view text);
[[nodiscard]] std::string text_in(const boost::json::object& object,
                                  std::string_view key);
[[nodiscard]] std::int64_t number_in(const boost::json::object& object,
                                     std::string_view key);
[[nodiscard]] bool flag_in(const boost::json::object& object,
                           std::string_view key);

[[nodiscard]] http::response json_answer(unsigned status,
                                         const boost::json::object& body);

/// Lark's shape of an error: HTTP 400, the code in the body.
[[nodiscard]] http::response lark_error(unsigned status, std::int64_t code);

/// What a reader of a Lark message sees: title, body, button's address.
[[nodiscard]] std::string lark_text(std::string_view type,
                                    std::string_view content);

/// A page with all messages, escaped.
[[nodiscard]] std::string page_of(const std::vector<sink_message>& messages);

/// Control characters, but for line feeds, as `\xNN`: a message must not speak
/// to the terminal.
[[nodiscard]] std::string harmless(std::string_view text);

} // namespace telltale::commands
