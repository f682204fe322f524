#include <algorithm>
#include <charconv>

#include <boost/json/array.hpp>

#include "actors/relay/channels/dialect.hpp"
#include "actors/relay/channels/errors.hpp"
#include "actors/relay/channels/fitted.hpp"
#include "actors/relay/text/markup.hpp"
#include "text/json_fields.hpp"
#include "text/utf8.hpp"

// Telegram's Bot API (core.telegram.org/bots/api, "sendMessage", "Making
// requests", "ResponseParameters"; limits: core.telegram.org/bots/faq): POST
// /bot<token>/sendMessage; 1 to 4096 UTF-16 units after the HTML is parsed;
// errors with an `error_code`, a `description` and, as `parameters`, when to
// come back or the id that a group has since it became a supergroup. 20
// messages a minute in a group, about 30 a second in all. Nothing dedupes.

namespace telltale {

namespace json = boost::json;

namespace {

constexpr std::size_t text_units = 4'096;

std::optional<std::int64_t> whole(std::string_view text) {
  std::int64_t value = 0;
  const auto* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc{} || stop != end)
    return std::nullopt;
  return value;
}

/// A message in two forms: as it is sent, and as it is seen and counted.
struct telegram_text {
  std::string html;
  std::string seen;
};

/// Code is not looked through for mentions, commands and addresses, as all
/// other text is. A link without a dot in its host would be dropped.
telegram_text text_of(const rendered& what) {
  telegram_text text{escape_telegram(what.message), unmentioned(what.message)};
  const auto add = [&](const std::string& html, const std::string& seen) {
    text.html += "\n" + html;
    text.seen += "\n" + seen;
  };
  if (!what.detail.empty())
    add("<pre>" + escape_html(what.detail) + "</pre>", what.detail);
  for (const auto& line : {run_line(what), what.doubt})
    if (!line.empty())
      add(escape_telegram(line), unmentioned(line));
  if (what.link.empty())
    return text;
  if (has_public_host(what.link))
    add("<a href=\"" + escape_html(what.link) + "\">"
            + escape_html(what.open_run) + "</a>",
        what.open_run);
  else
    add(escape_html(what.link), what.link);
  return text;
}

std::string fitted_html(const rendered& what) {
  return text_of(fitted(what, text_units,
                        [](const rendered& part) {
                          return text::utf16_units(text_of(part).seen);
                        }))
      .html;
}

/// The description without the name of its status, in small letters.
std::string description_in(const json::object& body) {
  auto text = text::text_at(body, "description");
  if (const auto colon = text.find(": "); colon != std::string::npos)
    text.erase(0, colon + 2);
  std::ranges::transform(text, text.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return text;
}

void obey_parameters(const json::object& body, answer_meaning& meaning) {
  const auto& parameters = text::object_at(body, "parameters");
  if (const auto seconds = text::number_at(parameters, "retry_after");
      seconds && meaning.rule == answer_rule::throttled)
    meaning.after =
        std::chrono::seconds{std::clamp<std::int64_t>(*seconds, 0, 3'600)};
  if (const auto chat = text::number_at(parameters, "migrate_to_chat_id")) {
    const auto* row = find_error("telegram", "group chat was upgraded");
    meaning.rule = row->rule;
    meaning.explanation = "telegram: " + std::string{row->meaning} + "; "
                          + std::string{row->advice};
    meaning.moved_to = std::to_string(*chat);
  }
}

answer_meaning by_error(const http::client_response& answer,
                        const json::object& body) {
  const auto text = description_in(body);
  const auto rows = errors_of("telegram");
  const auto row = std::ranges::find_if(
      rows, [&](const auto& r) { return text.starts_with(r.code); });
  const auto code = std::to_string(answer.status);
  auto meaning = row != rows.end() ? by_row("telegram", *row, code, answer)
                                   : by_code("telegram", code, answer);
  if (meaning.rule == answer_rule::move_chat)
    meaning.rule = answer_rule::binding_broken; // unless it says where to
  obey_parameters(body, meaning);
  return meaning;
}

class telegram_dialect final : public dialect {
public:
  explicit telegram_dialect(config::relay_config options)
      : options_(std::move(options)) {}

  http::client_request write(const outgoing_message& what,
                             const message_form& form) const override {
    json::object body{{"chat_id", form.chat_id},
                      {"text", fitted_html(in_form(what.message, form))},
                      {"parse_mode", "HTML"},
                      {"link_preview_options", {{"is_disabled", true}}}};
    if (form.replies) {
      if (const auto topic = whole(what.chat.thread_id))
        body["message_thread_id"] = *topic;
      if (const auto message = whole(what.chat.reply_to))
        body["reply_parameters"] = {{"message_id", *message},
                                    {"allow_sending_without_reply", true}};
    }
    return request("/sendMessage", body);
  }

  answer_meaning judge(const http::client_response& answer) const override {
    auto meaning = judge_probe(answer);
    if (meaning.rule != answer_rule::sent)
      return meaning;
    const auto body = body_object(answer);
    const auto id =
        text::number_at(text::object_at(*body, "result"), "message_id");
    if (!id)
      return not_of_chat("telegram", answer);
    meaning.message_id = std::to_string(*id);
    return meaning;
  }

  std::optional<http::client_request> ask_probe() const override {
    return request("/getMe", {});
  }

  answer_meaning
  judge_probe(const http::client_response& answer) const override {
    const auto body = body_object(answer);
    const auto* ok = body ? text::field_at(*body, "ok") : nullptr;
    if (ok == nullptr || !ok->is_bool())
      return not_of_chat("telegram", answer);
    if (!ok->get_bool())
      return by_error(answer, *body);
    return {.rule = answer_rule::sent};
  }

private:
  [[nodiscard]] http::client_request request(const std::string& method,
                                             const json::object& body) const {
    return json_post(base_or(options_, "https://api.telegram.org"),
                     "/bot" + options_.token.reveal() + method, body);
  }

  const config::relay_config options_;
};

} // namespace

std::unique_ptr<const dialect>
make_telegram_dialect(const config::relay_config& options) {
  return std::make_unique<telegram_dialect>(options);
}

} // namespace telltale
