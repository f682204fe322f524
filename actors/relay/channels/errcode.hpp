#pragma once

#include <string>
#include <string_view>

#include "actors/relay/channels/errors.hpp"
#include "text/json_fields.hpp"

namespace telltale {

/// What an answer means where errors come with HTTP 200 and an `errcode`.
[[nodiscard]] inline answer_meaning
by_errcode(std::string_view type, const http::client_response& answer) {
  const auto body = body_object(answer);
  const auto code = body ? text::number_at(*body, "errcode") : std::nullopt;
  if (!code)
    return not_of_chat(type, answer);
  if (*code == 0)
    return {.rule = answer_rule::sent};
  return by_code(type, std::to_string(*code), answer);
}

} // namespace telltale
