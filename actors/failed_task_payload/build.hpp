#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "messages/store.hpp"
#include "messages/task_failed.hpp"

namespace telltale {

/// The one constructor of `task_failed`.
class task_failed_builder {
public:
  /// A pure function of the facts: the same facts give the same bytes. Texts
  /// must be narrowed for the event's audience before. `public_url` is the
  /// page's address for people; empty: the payload has no link.
  [[nodiscard]] static task_failed build(const event_facts& facts,
                                         std::string_view public_url);
};

/// A relay without chats, such as a webhook.
struct webhook_target {
  std::string relay;
  /// Types of event to send; empty: `task:failed` and `task:recovered`.
  std::vector<std::string> events;

  bool operator==(const webhook_target&) const = default;
};

/// Who is told of an event, beside the stream, which is told of all.
struct audience {
  bool chat = false;
  bool only_after_failure = false;
  std::vector<std::string> webhooks;

  bool operator==(const audience&) const = default;
};

/// People hear of a failure once it is final, never of an attempt that is being
/// retried, and of a recovery if they heard of the failure.
[[nodiscard]] audience
choose_audience(const event_facts& facts,
                const std::vector<webhook_target>& hooks);

/// An event with its audience, without a word of what it says.
[[nodiscard]] event_publication
address(event_facts facts, const std::vector<webhook_target>& hooks);

/// Payload, envelope and audience of any event.
[[nodiscard]] event_publication
build_publication(event_facts facts, std::string_view public_url,
                  const std::vector<webhook_target>& hooks);

} // namespace telltale
