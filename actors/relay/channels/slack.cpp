#include <boost/json/object.hpp>

#include "actors/relay/channels/dialect.hpp"
#include "actors/relay/channels/errors.hpp"
#include "actors/relay/channels/slack_blocks.hpp"
#include "text/json_fields.hpp"

// Slack's `chat.postMessage` (docs.slack.dev/reference/methods/chat.postMessage
// and .../apis/web-api/rate-limits): errors come with HTTP 200 and
// `"ok": false`, throttling with HTTP 429 and `Retry-After`; one message a
// second and channel. `client_msg_id` is Slack's own clients' (java-slack-sdk,
// issue 852): nothing dedupes.

namespace telltale {

namespace json = boost::json;

namespace {

class slack_dialect final : public dialect {
public:
  explicit slack_dialect(config::relay_config options)
      : options_(std::move(options)) {}

  http::client_request write(const outgoing_message& what,
                             const message_form& form) const override {
    const auto message = in_form(what.message, form);
    json::object body{{"channel", form.chat_id},
                      {"text", slack_summary(message)},
                      {"blocks", slack_blocks(message)},
                      {"parse", "none"},
                      {"link_names", false},
                      {"unfurl_links", false},
                      {"unfurl_media", false}};
    // A thread is named by its first message.
    if (form.replies)
      body["thread_ts"] = what.chat.thread_id.empty() ? what.chat.reply_to
                                                      : what.chat.thread_id;
    return request("/api/chat.postMessage", body);
  }

  answer_meaning judge(const http::client_response& answer) const override {
    auto meaning = judge_probe(answer);
    if (meaning.rule != answer_rule::sent)
      return meaning;
    const auto body = body_object(answer);
    meaning.message_id = text::text_at(*body, "ts");
    return meaning.message_id.empty() ? not_of_chat("slack", answer) : meaning;
  }

  std::optional<http::client_request> ask_probe() const override {
    return request("/api/auth.test", {});
  }

  answer_meaning
  judge_probe(const http::client_response& answer) const override {
    const auto body = body_object(answer);
    const auto* ok = body ? text::field_at(*body, "ok") : nullptr;
    if (ok == nullptr || !ok->is_bool())
      return not_of_chat("slack", answer);
    if (ok->get_bool())
      return {.rule = answer_rule::sent};
    const auto error = text::text_at(*body, "error");
    return by_code("slack", safe_word(error), answer, error);
  }

private:
  [[nodiscard]] http::client_request request(std::string_view path,
                                             const json::object& body) const {
    auto result = json_post(base_or(options_, "https://slack.com"), path, body);
    result.headers.push_back(
        {"Authorization", "Bearer " + options_.token.reveal()});
    return result;
  }

  const config::relay_config options_;
};

} // namespace

std::unique_ptr<const dialect>
make_slack_dialect(const config::relay_config& options) {
  return std::make_unique<slack_dialect>(options);
}

} // namespace telltale
