#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include "actors/relay/channels/dialect.hpp"
#include "actors/relay/channels/errors.hpp"
#include "actors/relay/channels/slack_blocks.hpp"

// Slack's incoming webhooks (docs.slack.dev/messaging/
// sending-messages-using-incoming-webhooks): POST /services/T…/B…/…, answered
// by a word: `ok`, or what is wrong with it. A hook belongs to one channel,
// gives no message ids and dedupes nothing; one message a second.

namespace telltale {

namespace json = boost::json;

namespace {

class slack_webhook_dialect final : public dialect {
public:
  explicit slack_webhook_dialect(config::relay_config options)
      : options_(std::move(options)) {}

  http::client_request write(const outgoing_message& what,
                             const message_form& form) const override {
    const auto message = in_form(what.message, form);
    json::object body{{"text", slack_summary(message)},
                      {"blocks", slack_blocks(message)},
                      {"unfurl_links", false},
                      {"unfurl_media", false}};
    if (form.replies && !what.chat.thread_id.empty())
      body["thread_ts"] = what.chat.thread_id;
    return json_post(base_or(options_, "https://hooks.slack.com"),
                     "/services/" + options_.token.reveal(), body);
  }

  /// One word, and nothing else, is an answer.
  answer_meaning judge(const http::client_response& answer) const override {
    std::string_view word = answer.body;
    while (word.ends_with('\n') || word.ends_with('\r') || word.ends_with(' '))
      word.remove_suffix(1);
    if (word == "ok" && is_success(answer.status))
      return {.rule = answer_rule::sent};
    // A proxy has words of its own; Slack's are in the table or joined ones.
    const bool own = find_error("slack-webhook", word) != nullptr
                     || safe_word(word).find('_') != word.npos;
    if (!own)
      return not_of_chat("slack-webhook", answer);
    return by_code("slack-webhook", word, answer, word);
  }

private:
  const config::relay_config options_;
};

} // namespace

std::unique_ptr<const dialect>
make_slack_webhook_dialect(const config::relay_config& options) {
  return std::make_unique<slack_webhook_dialect>(options);
}

} // namespace telltale
