#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "http/types.hpp"
#include "messages/time.hpp"

namespace telltale::commands {

/// HMAC-SHA256 in Base64. A secret `whsec_…` is Base64 itself, as the Standard
/// Webhooks scheme has it. The scheme is written apart from the senders', so
/// that one can show the other wrong.
[[nodiscard]] std::string signature_of(std::string_view secret,
                                       std::string_view text);

/// `timestamp` (s, within an hour) and `sign` in the body of a message to a
/// custom bot of Lark, by one of the secrets that are no webhook's; true if
/// none of them is known.
[[nodiscard]] bool is_lark_bot_signed(const http::request& what,
                                      std::span<const std::string> secrets);

/// Of a DingTalk robot, not of a webhook.
[[nodiscard]] bool is_robot_secret(std::string_view secret) noexcept;

enum class robot_signature : std::uint8_t { fine, wrong, stale };

/// `timestamp` (ms, within an hour of now) and `sign` of a robot's address. No
/// secret of robots among them: only what can be seen without one is checked.
[[nodiscard]] robot_signature check_robot(const http::request& what,
                                          std::span<const std::string> secrets,
                                          timestamp now);

} // namespace telltale::commands
