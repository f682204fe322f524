#include <algorithm>
#include <array>
#include <charconv>

#include <boost/json/array.hpp>

#include "actors/relay/channels/chats.hpp"
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

/// How descriptions begin, behind the name of their status and a colon; letters
/// in any case. The first that fits.
constexpr auto rows = std::to_array<call_row<std::string_view>>({
    {"chat not found", call_rule::binding_broken, "no such chat"},
    {"group chat was deactivated", call_rule::binding_broken, "group is gone"},
    {"group is deactivated", call_rule::binding_broken, "the group is gone"},
    {"bot was blocked", call_rule::binding_broken, "the user blocked the bot"},
    {"bot was kicked", call_rule::binding_broken, "the bot was removed"},
    {"bot is not a member", call_rule::binding_broken, "the bot is not in it"},
    {"bot can't initiate", call_rule::binding_broken,
     "the user has not started the bot"},
    {"bot can't send messages to bots", call_rule::binding_broken, "a bot"},
    {"user is deactivated", call_rule::binding_broken, "the user is gone"},
    {"user not found", call_rule::binding_broken, "no such user"},
    {"peer_id_invalid", call_rule::binding_broken, "no such chat"},
    {"chat_write_forbidden", call_rule::binding_broken, "no right to write"},
    {"chat_restricted", call_rule::binding_broken, "the chat is restricted"},
    {"chat_admin_required", call_rule::binding_broken, "no right to write"},
    {"chat_send_plain_forbidden", call_rule::binding_broken,
     "no right to write"},
    {"have no rights to send", call_rule::binding_broken, "no right to write"},
    {"not enough rights to send", call_rule::binding_broken,
     "no right to write"},
    {"need administrator rights", call_rule::binding_broken,
     "no right to write"},
    {"channel_private", call_rule::binding_broken, "the bot is not in it"},
    {"message thread not found", call_rule::leave_thread, "the topic is gone"},
    {"topic_closed", call_rule::leave_thread, "the topic is closed"},
    {"topic_deleted", call_rule::leave_thread, "the topic is gone"},
    {"message to be replied not found", call_rule::leave_thread, "no message"},
    {"message to reply not found", call_rule::leave_thread, "no message"},
    {"reply message not found", call_rule::leave_thread, "no message"},
    {"replied message not found", call_rule::leave_thread, "no message"},
    {"message is too long", call_rule::leave_detail, "too long"},
    {"can't parse entities", call_rule::leave_detail, "refused mark-up"},
    {"entities too long", call_rule::leave_detail, "refused mark-up"},
});

std::optional<std::int64_t> whole(std::string_view text) {
  std::int64_t value = 0;
  const auto* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc{} || stop != end)
    return std::nullopt;
  return value;
}

std::string text_of(const rendered& what) {
  auto text = what.message;
  if (!what.detail.empty())
    text += "\n" + what.detail;
  if (const auto line = run_line(what); !line.empty())
    text += "\n" + line;
  const auto room =
      what.link.empty() ? 0 : text::utf16_units(what.open_run) + 1;
  // What counts is the text as it is seen; escaping adds joiners only.
  const auto fit = fitted(text, text_units - room, [](std::string_view t) {
    return text::utf16_units(unmentioned(t));
  });
  auto html = escape_telegram(fit);
  if (!what.link.empty())
    html += "\n<a href=\"" + escape_html(what.link) + "\">"
            + escape_html(what.open_run) + "</a>";
  return html;
}

http::client_request write(const config::relay_config& options,
                           const outgoing& what, const call_shape& shape) {
  json::object body{{"chat_id", shape.chat_id},
                    {"text", text_of(worded(what.message, shape))},
                    {"parse_mode", "HTML"},
                    {"link_preview_options", {{"is_disabled", true}}}};
  if (shape.replies) {
    if (const auto topic = whole(what.chat.thread_id))
      body["message_thread_id"] = *topic;
    if (const auto message = whole(what.chat.reply_to))
      body["reply_parameters"] = {{"message_id", *message},
                                  {"allow_sending_without_reply", true}};
  }
  return json_post(options.base_url.empty() ? "https://api.telegram.org"
                                            : options.base_url,
                   "/bot" + options.token.reveal() + "/sendMessage", body);
}

/// The description without the name of its status.
std::string description_in(const json::object& body) {
  auto text = text::text_at(body, "description");
  if (const auto colon = text.find(": "); colon != std::string::npos)
    text.erase(0, colon + 2);
  std::ranges::transform(text, text.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return text;
}

void obey_parameters(const json::object& body, call_verdict& verdict) {
  const auto& parameters = text::object_at(body, "parameters");
  if (const auto seconds = text::number_at(parameters, "retry_after");
      seconds && verdict.rule == call_rule::throttled)
    verdict.after =
        std::chrono::seconds{std::clamp<std::int64_t>(*seconds, 0, 3'600)};
  if (const auto chat = text::number_at(parameters, "migrate_to_chat_id")) {
    verdict.rule = call_rule::move_chat;
    verdict.why = "telegram: the group became a supergroup with another id";
    verdict.moved_to = std::to_string(*chat);
  }
}

call_verdict by_error(const http::client_response& answer,
                      const json::object& body) {
  auto verdict = by_status("telegram", answer);
  const auto text = description_in(body);
  const auto* row = std::ranges::find_if(
      rows, [&](const auto& r) { return text.starts_with(r.code); });
  if (row != rows.end()) {
    verdict.rule = row->rule;
    verdict.why += " (" + std::string{row->meaning} + ")";
  } else if (answer.status == 403) {
    verdict.rule = call_rule::binding_broken;
  } else if (answer.status == 401 || answer.status == 404) {
    verdict.why += " (the token is not accepted)";
  }
  obey_parameters(body, verdict);
  return verdict;
}

} // namespace

call_verdict judge_telegram(const http::client_response& answer) {
  const auto body = text::parse_object(answer.body);
  if (!body)
    return by_status("telegram", answer);
  if (!text::flag_at(*body, "ok"))
    return by_error(answer, *body);
  auto verdict = by_status("telegram", answer);
  if (const auto id =
          text::number_at(text::object_at(*body, "result"), "message_id")) {
    verdict.rule = call_rule::sent;
    verdict.message_id = std::to_string(*id);
  } else {
    verdict.why = "telegram gave no message id";
  }
  return verdict;
}

std::shared_ptr<channel>
make_telegram_channel(const config::relay_config& options, http_sender send) {
  return make_one_call_channel(
      {[options](const outgoing& what, const call_shape& shape) {
         return write(options, what, shape);
       },
       judge_telegram},
      std::move(send));
}

} // namespace telltale
