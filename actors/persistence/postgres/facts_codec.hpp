#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "messages/event.hpp"

namespace telltale {

/// An event's facts as the JSON text that `events.facts` holds. Lossless:
/// `read_facts(write_facts(x)) == x`. What is absent has no key.
[[nodiscard]] std::string write_facts(const event_facts& facts);

/// Nothing on text that `write_facts` did not write. Keys that this program
/// does not know (a newer one wrote them) are passed over.
[[nodiscard]] std::optional<event_facts> read_facts(std::string_view json);

} // namespace telltale
