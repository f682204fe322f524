#include <algorithm>
#include <cmath>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include "actors/relay/channels/dialect.hpp"
#include "actors/relay/channels/errors.hpp"
#include "actors/relay/channels/fitted.hpp"
#include "actors/relay/text/markup.hpp"
#include "text/json_fields.hpp"
#include "text/utf8.hpp"

// Discord's webhooks
// (discord.com/developers/docs/resources/webhook#execute-webhook and
// .../topics/rate-limits): POST /api/webhooks/ID/TOKEN?wait=true, at most 2000
// characters of Markdown, nobody mentioned if `allowed_mentions` says so.
// Errors have a `code` and a `message`, throttles `retry_after` in seconds. A
// hook belongs to one channel; nothing dedupes.

namespace telltale {

namespace json = boost::json;

namespace {

constexpr std::size_t text_characters = 2'000;

/// An address in angle brackets has no preview below the message.
std::string content_of(const rendered& what) {
  auto text = escape_discord(what.message);
  if (!what.detail.empty())
    text += "\n" + fenced(what.detail);
  for (const auto& line : {run_line(what), what.doubt})
    if (!line.empty())
      text += "\n" + escape_discord(line);
  if (!what.link.empty())
    text += "\n[" + what.open_run + "](<" + what.link + ">)";
  return text;
}

std::string fitted_content(const rendered& what) {
  return content_of(fitted(what, text_characters, [](const rendered& part) {
    return text::utf16_units(content_of(part));
  }));
}

class discord_dialect final : public dialect {
public:
  explicit discord_dialect(config::relay_config options)
      : options_(std::move(options)) {}

  http::client_request write(const outgoing_message& what,
                             const message_form& form) const override {
    const json::object body{
        {"content", fitted_content(in_form(what.message, form))},
        {"allowed_mentions", {{"parse", json::array{}}}}};
    std::string path =
        "/api/webhooks/" + options_.token.reveal() + "?wait=true";
    if (form.replies && is_number(what.chat.thread_id))
      path += "&thread_id=" + what.chat.thread_id;
    return json_post(base_or(options_, "https://discord.com"), path, body);
  }

  bool may_reply(const chat_binding& chat) const override {
    return is_number(chat.thread_id);
  }

  answer_meaning judge(const http::client_response& answer) const override {
    const auto body = body_object(answer);
    if (!body)
      return not_of_chat("discord", answer);
    if (is_success(answer.status)) {
      auto id = text::text_at(*body, "id");
      if (!is_number(id))
        return not_of_chat("discord", answer);
      return {.rule = answer_rule::sent, .message_id = std::move(id)};
    }
    if (const auto wait = text::real_at(*body, "retry_after");
        wait && answer.status == 429) {
      auto meaning = by_code("discord", "429", answer);
      meaning.after = std::chrono::milliseconds{static_cast<std::int64_t>(
          std::ceil(std::clamp(*wait, 0.0, 3600.0) * 1000))};
      return meaning;
    }
    const auto code = text::number_at(*body, "code");
    if (!code || !body->contains("message"))
      return not_of_chat("discord", answer);
    return by_code("discord", std::to_string(*code), answer);
  }

private:
  static bool is_number(std::string_view text) {
    return !text.empty() && text.size() <= 20
           && text.find_first_not_of("0123456789") == text.npos;
  }

  const config::relay_config options_;
};

} // namespace

std::unique_ptr<const dialect>
make_discord_dialect(const config::relay_config& options) {
  return std::make_unique<discord_dialect>(options);
}

} // namespace telltale
