#pragma once

#include <memory>
#include <string>
#include <utility>

#include "messages/event.hpp"

namespace telltale {

class payload_builder;

/// What is told of one event (docs/payload.md). Immutable. The folder
/// failed_task_payload alone makes it, so that no second publisher can drift
/// from it.
class event_payload {
public:
  event_payload(const event_payload&) = delete;
  event_payload& operator=(const event_payload&) = delete;
  virtual ~event_payload() = default;

  /// Its texts are as the audience may see them.
  [[nodiscard]] const event_facts& facts() const noexcept { return facts_; }

  /// The page of the run; empty if the service has no public address.
  [[nodiscard]] const std::string& run_url() const noexcept { return run_url_; }

  /// The payload's JSON: all keys always present, one order, one spelling.
  [[nodiscard]] const std::string& json() const noexcept { return json_; }

  /// What streams and webhooks get: who it is about, and the payload.
  [[nodiscard]] std::string envelope() const { return head_ + json_ + "}"; }

protected:
  /// `head` is the envelope up to and including `"payload":`.
  event_payload(event_facts facts, std::string run_url, std::string head,
                std::string json)
      : facts_(std::move(facts)), run_url_(std::move(run_url)),
        head_(std::move(head)), json_(std::move(json)) {}

private:
  event_facts facts_;
  std::string run_url_;
  std::string head_;
  std::string json_;
};

using payload_ptr = std::shared_ptr<const event_payload>;

/// **The** failure payload: what every relay, webhook, stream and page is told
/// about a failed attempt.
class task_failed final : public event_payload {
  friend class payload_builder;
  using event_payload::event_payload;
};

/// The payload of any other event.
class task_event final : public event_payload {
  friend class payload_builder;
  using event_payload::event_payload;
};

} // namespace telltale
