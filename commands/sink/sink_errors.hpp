#pragma once

#include <cstdint>
#include <string_view>

#include <boost/json/object.hpp>

#include "http/types.hpp"

namespace telltale::commands {

// How each chat words an error.

[[nodiscard]] http::response slack_error(unsigned status,
                                         std::string_view error);
/// DingTalk and WeCom.
[[nodiscard]] http::response errcode(std::int64_t code, std::string_view text);
[[nodiscard]] http::response
telegram_error(unsigned status, std::string_view text,
               const boost::json::object& parameters = {});
/// Lark's custom bots.
[[nodiscard]] http::response lark_code(unsigned status, std::int64_t code);
/// Slack's incoming webhooks.
[[nodiscard]] http::response slack_word(unsigned status, std::string_view text);
[[nodiscard]] http::response discord_error(unsigned status, std::int64_t code);

} // namespace telltale::commands
