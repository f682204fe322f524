#include <memory>

#include <spdlog/spdlog.h>

#include "actors/relay/relay_steps.hpp"
#include "messages/error.hpp"

namespace telltale::relay_steps {

namespace {

using drafts_ptr = std::shared_ptr<std::vector<draft>>;

void forget_drafts(self_pointer self, const std::vector<draft>& drafts,
                   const char* why) {
  auto& state = self->state;
  spdlog::warn("relay {}: {} messages are put back: {}", state.relay,
               drafts.size(), why);
  for (const auto& one : drafts) {
    for (const auto& x : one.of)
      state.unrecorded.push_back(put_back(x.due.id, store_pause, why));
    state.lanes.erase(one.lane);
  }
  step(self);
}

/// Asks redaction, and gives up on the drafts if it has no answer for each.
template <class Then> void redact(self_pointer self, const drafts_ptr& drafts,
                                  redact_texts texts, Then then) {
  const auto expected = texts.texts.size();
  self->request(self->state.redaction, caf::infinite, std::move(texts))
      .then(
          [self, drafts, expected, then](const texts_redacted& answer) {
            if (answer.texts.size() == expected)
              then(answer.texts);
            else
              forget_drafts(self, *drafts, "redaction gave no usable answer");
          },
          [self, drafts](const caf::error&) {
            forget_drafts(self, *drafts, "redaction does not answer");
          });
}

/// A message with the lane where it waits.
struct worded_message {
  std::string lane;
  ready_message message;
};

using messages_ptr = std::shared_ptr<std::vector<worded_message>>;

void to_lanes(self_pointer self, std::vector<worded_message>& messages) {
  for (auto& one : messages) {
    auto& where = self->state.lanes[one.lane];
    where.wording = false;
    where.waiting.push_back(std::move(one.message));
  }
  step(self);
}

void forget_messages(self_pointer self,
                     const std::vector<worded_message>& messages,
                     const caf::error& error) {
  auto& state = self->state;
  spdlog::warn("relay {}: {} messages are put back: the store does not say "
               "what is told together: {}",
               state.relay, messages.size(), explain(error));
  for (const auto& one : messages) {
    for (const auto& id : one.message.deliveries)
      state.unrecorded.push_back(put_back(id, store_pause, {}));
    state.lanes.erase(one.lane);
  }
  step(self);
}

/// Messages that tell several are known to the store before they are sent: they
/// go again with the same words under the same key, or not at all.
void name_messages(self_pointer self, const messages_ptr& messages) {
  gather_deliveries request;
  request.relay = self->state.relay;
  for (const auto& one : *messages)
    if (one.message.deliveries.size() > 1)
      request.messages.push_back(one.message.deliveries);
  if (request.messages.empty()) {
    to_lanes(self, *messages);
    return;
  }
  self->request(self->state.deliveries, caf::infinite, std::move(request))
      .then(
          [self, messages](const deliveries_gathered& answer) {
            auto key = answer.keys.begin();
            for (auto& one : *messages)
              if (one.message.deliveries.size() > 1)
                one.message.what.key = *key++;
            to_lanes(self, *messages);
          },
          [self, messages](const caf::error& error) {
            forget_messages(self, *messages, error);
          });
}

void on_texts_ready(self_pointer self, std::vector<draft>& drafts,
                    std::vector<rendered>& worded,
                    const std::vector<redacted_text>& texts) {
  auto messages = std::make_shared<std::vector<worded_message>>();
  for (std::size_t i = 0; i < drafts.size(); ++i) {
    auto lane = drafts[i].lane;
    messages->push_back(
        {std::move(lane),
         make_ready(std::move(drafts[i]), std::move(worded[i]), texts[i])});
  }
  name_messages(self, messages);
}

/// The chat may see these words; the whole is looked at once more, since what
/// goes on record is a text that redaction has made.
void on_texts_narrowed(self_pointer self, const drafts_ptr& drafts,
                       const std::vector<redacted_text>& narrowed) {
  auto worded = std::make_shared<std::vector<rendered>>();
  redact_texts whole;
  whole.profile = redaction_profile::store;
  auto from = narrowed.begin();
  for (const auto& one : *drafts) {
    const auto size = static_cast<std::ptrdiff_t>(one.texts().size());
    worded->push_back(word(one, {from, from + size}, self->state.options,
                           self->state.detail_characters));
    whole.texts.emplace_back(as_text(worded->back()));
    from += size;
  }
  redact(self, drafts, std::move(whole),
         [self, drafts, worded](const std::vector<redacted_text>& texts) {
           on_texts_ready(self, *drafts, *worded, texts);
         });
}

} // namespace

void word_drafts(self_pointer self, std::vector<draft> drafts) {
  auto shared = std::make_shared<std::vector<draft>>(std::move(drafts));
  redact_texts narrow;
  narrow.profile = redaction_profile::chat;
  for (const auto& one : *shared) {
    auto& where = self->state.lanes[one.lane];
    where.wording = true;
    where.since = now_of(self);
    for (auto& text : one.texts())
      narrow.texts.push_back(std::move(text));
  }
  redact(self, shared, std::move(narrow),
         [self, shared](const std::vector<redacted_text>& narrowed) {
           on_texts_narrowed(self, shared, narrowed);
         });
}

} // namespace telltale::relay_steps
