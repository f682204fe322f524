#include "actors/failed_task_payload/narrowing.hpp"

#include "actors/failed_task_payload/build.hpp"

namespace telltale {

namespace {

/// Title, error, body and telling line.
constexpr std::size_t texts_each = 4;

} // namespace

std::size_t narrowing::add(const event_facts& facts,
                           payload_audience audience) {
  facts_.push_back({facts, audience});
  return facts_.size() - 1;
}

narrow_texts narrowing::question() const {
  narrow_texts asked;
  asked.texts.reserve(texts_each * facts_.size());
  for (const auto& [facts, audience] : facts_) {
    const auto profile = audience == payload_audience::chat
                             ? redaction_profile::chat
                             : redaction_profile::event;
    asked.texts.push_back({facts.title, profile});
    asked.texts.push_back({facts.error, profile});
    asked.texts.push_back({facts.body, profile});
    asked.texts.push_back({facts.telling_line, profile});
  }
  return asked;
}

std::optional<std::vector<payload_ptr>>
narrowing::payloads(const texts_redacted& answer,
                    std::string_view public_url) const {
  if (answer.texts.size() != texts_each * facts_.size())
    return std::nullopt;
  std::vector<payload_ptr> made;
  made.reserve(facts_.size());
  for (std::size_t i = 0; i < facts_.size(); ++i) {
    auto facts = facts_[i].facts;
    const auto* texts = &answer.texts[texts_each * i];
    facts.title = texts[0];
    facts.error = texts[1];
    facts.body = texts[2];
    facts.telling_line = texts[3];
    made.push_back(payload_builder::build(std::move(facts), public_url));
  }
  return made;
}

} // namespace telltale
