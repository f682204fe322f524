#pragma once

#include <string_view>

#include "actors/failed_task_payload/read.hpp"
#include "actors/relay/text/render.hpp"

namespace telltale::test {

/// What a message says of a payload's JSON.
inline message_facts facts_in(std::string_view payload) {
  const auto read = read_payload(payload, "{}");
  message_facts what;
  what.detail = read.detail;
  what.reason = read.reason;
  what.title = read.title;
  what.run_url = read.run_url;
  what.attempt = read.attempt;
  what.max_attempts = read.max_attempts;
  what.recovered = read.type == "task:recovered";
  return what;
}

} // namespace telltale::test
