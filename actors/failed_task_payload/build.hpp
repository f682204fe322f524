#pragma once

#include <string_view>

#include "messages/event_payload.hpp"

namespace telltale {

/// The one maker of payloads.
class payload_builder {
public:
  /// A pure function of the facts: the same facts give the same bytes. Texts
  /// must be narrowed for the audience before. `public_url` is the page's
  /// address for people; empty: the payload has no link.
  [[nodiscard]] static payload_ptr build(event_facts facts,
                                         std::string_view public_url);
};

/// What subscribers get of an event; `envelope` may be empty.
[[nodiscard]] published_event as_published(const committed_event& event,
                                           std::string envelope);

} // namespace telltale
