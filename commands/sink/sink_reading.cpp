#include <algorithm>

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

#include "commands/sink/sink_dialect.hpp"
#include "commands/sink/sink_errors.hpp"
#include "commands/sink/sink_wire.hpp"
#include "text/utf8.hpp"

// How each chat reads a message, and what it refuses.

namespace telltale::commands {

namespace json = boost::json;

namespace {

constexpr std::size_t slack_text = 40'000;
constexpr std::size_t slack_section = 3'000;
constexpr std::size_t slack_header = 150;
constexpr std::size_t dingtalk_bytes = 20'000; // of the whole body
constexpr std::size_t wecom_bytes = 4'096;
constexpr std::size_t telegram_units = 4'096;
constexpr std::size_t lark_bot_bytes = 20'000;
constexpr std::size_t discord_text = 2'000;

http::response bad_body() {
  return json_answer(400, {{"msg", "the body cannot be read"}});
}

void add(std::string& text, const std::string& line) {
  if (!line.empty())
    text += (text.empty() ? "" : "\n") + line;
}

std::string id_as_text(const json::object& of, std::string_view key) {
  const auto number = number_or_zero(of, key);
  return number != 0 ? std::to_string(number) : text_at(of, key);
}

sink_reading read_octo(const http::request& what, const json::object& body) {
  const auto& inner = object_at(body, "payload");
  if (inner.empty())
    return bad_body();
  if (!what.find("authorization").value_or("").starts_with("Bearer "))
    return json_answer(401, {{"msg", "a bot's token is required"}});
  sink_arrival result{.relay = "octo", .chat = text_at(body, "channel_id")};
  result.text = text_at(inner, "content");
  result.key = text_at(body, "client_msg_no");
  result.reply_to = text_at(object_at(inner, "reply"), "message_id");
  result.card.body = result.text;
  result.card.code = code_of_markdown(result.text);
  return result;
}

/// The texts of rich text, whatever they stand in.
void read_rich_text(const json::object& element, std::string& into) {
  if (text_at(element, "type") == "text")
    into += text_at(element, "text");
  for (const auto& inner : array_at(element, "elements"))
    if (inner.is_object())
      read_rich_text(inner.get_object(), into);
}

/// `<address|text>` alone is a link; all else of mrkdwn is shown as it is.
void read_mrkdwn(const std::string& text, sink_card& card) {
  const auto bar = text.find('|');
  if (!text.starts_with('<') || !text.ends_with('>')
      || bar == std::string::npos) {
    add(card.body, text);
    return;
  }
  card.link = plain_entities(text.substr(1, bar - 1));
  card.link_text = plain_entities(text.substr(bar + 1, text.size() - bar - 2));
}

/// False: Slack would refuse such a block.
bool read_slack_block(const json::object& block, sink_card& card) {
  const auto type = text_at(block, "type");
  const auto& shown = object_at(block, "text");
  const auto text = text_at(shown, "text");
  if ((type == "header" || type == "section")
      && (text.empty()
          || text::utf16_units(text)
                 > (type == "header" ? slack_header : slack_section)))
    return false;
  if (type == "header") {
    card.title = text;
  } else if (type == "section" && text_at(shown, "type") == "mrkdwn") {
    read_mrkdwn(text, card);
  } else if (type == "section") {
    add(card.body, text);
  } else if (type == "rich_text") {
    std::string code;
    read_rich_text(block, code);
    if (code.empty())
      return false;
    add(card.body, code);
    card.code = code;
  } else {
    for (const auto& element : array_at(block, "elements"))
      if (!element.is_object())
        return false;
      else
        add(card.body, text_at(element.get_object(), "text"));
  }
  return true;
}

sink_reading read_slack(const http::request& what, const json::object& body) {
  if (!what.find("authorization").value_or("").starts_with("Bearer xox"))
    return slack_error(200, "invalid_auth");
  if (text_at(body, "channel").empty())
    return slack_error(200, "channel_not_found");
  sink_card card;
  for (const auto& block : array_at(body, "blocks"))
    if (!block.is_object() || !read_slack_block(block.get_object(), card))
      return slack_error(200, "invalid_blocks");
  // Slack cuts a text that is too long, and refuses none for that.
  auto text = text_at(body, "text");
  if (text.empty() && card.body.empty())
    return slack_error(200, "no_text");
  if (text.size() > slack_text)
    text.resize(slack_text);
  if (card.body.empty())
    card.body = text;
  sink_arrival result{.relay = "slack", .chat = text_at(body, "channel")};
  result.text = text_of_card(card);
  result.reply_to = text_at(body, "thread_ts");
  result.card = std::move(card);
  return result;
}

/// A last line that is a link becomes the card's button.
sink_card card_of_markdown(std::string_view text) {
  sink_card card;
  const auto open = text.rfind("\n[");
  const auto middle = text.rfind("](");
  if (open == std::string_view::npos || middle == std::string_view::npos
      || middle < open || !text.ends_with(')')) {
    card.body = text;
    return card;
  }
  card.body = text.substr(0, open);
  card.link_text = text.substr(open + 2, middle - open - 2);
  card.link = text.substr(middle + 2, text.size() - middle - 3);
  return card;
}

/// The same message, without a token, at an address that is one.
sink_reading read_slack_webhook(const http::request& what,
                                const json::object& body) {
  const auto path = what.target.substr(0, what.target.find('?'));
  if (std::ranges::count(path, '/') < 4)
    return slack_word(404, "no_service_id");
  auto as_bot = body;
  as_bot["channel"] = path.substr(std::string_view{"/services/"}.size());
  auto with_token = what;
  with_token.headers.push_back({"authorization", "Bearer xoxb-hook"});
  auto read = read_slack(with_token, as_bot);
  if (auto* arrival = std::get_if<sink_arrival>(&read))
    arrival->relay = "slack-webhook";
  else
    return slack_word(400, "invalid_payload");
  return read;
}

sink_reading read_lark_bot(const http::request& what,
                           const json::object& body) {
  if (what.body.size() > lark_bot_bytes)
    return lark_code(200, 230'025);
  const auto type = text_at(body, "msg_type");
  const auto& content =
      object_at(body, type == "interactive" ? "card" : "content");
  if (content.empty())
    return lark_code(200, 19'002);
  const auto path = what.target.substr(0, what.target.find('?'));
  sink_arrival result{.relay = "lark-bot",
                      .chat = path.substr(path.rfind('/') + 1)};
  if (result.chat.empty())
    return lark_code(200, 19'001);
  result.card = read_lark_card(type, json::serialize(content));
  result.text = text_of_card(result.card);
  return result;
}

sink_reading read_discord(const http::request& what, const json::object& body) {
  const auto path = what.target.substr(0, what.target.find('?'));
  sink_arrival result{
      .relay = "discord",
      .chat = path.substr(std::string_view{"/api/webhooks/"}.size())};
  result.text = text_at(body, "content");
  if (result.text.empty())
    return discord_error(400, 50'006);
  if (text::utf16_units(result.text) > discord_text)
    return discord_error(400, 50'035);
  // Without this it would mention whomever the text names.
  if (!body.contains("allowed_mentions"))
    return discord_error(400, 50'035);
  result.reply_to = value_in_query(what, "thread_id");
  result.card = card_of_markdown(result.text);
  if (result.card.link.starts_with('<'))
    result.card.link = result.card.link.substr(1, result.card.link.size() - 2);
  result.card.code = code_of_markdown(result.text);
  return result;
}

sink_reading read_dingtalk(const http::request& what,
                           const json::object& body) {
  const auto token = value_in_query(what, "access_token");
  if (token.empty())
    return errcode(300'001, "token is not exist");
  const auto& shown = text_at(body, "msgtype") == "actionCard"
                          ? object_at(body, "actionCard")
                          : object_at(body, "markdown");
  sink_card card;
  card.title = text_at(shown, "title");
  card.body = text_at(shown, "text");
  card.link = text_at(shown, "singleURL");
  card.link_text = text_at(shown, "singleTitle");
  if (card.title.empty() || card.body.empty())
    return errcode(40'035, "missing parameter json");
  if (what.body.size() > dingtalk_bytes)
    return errcode(460'101, "message too long, exceed 20000 bytes");
  card.code = code_of_markdown(card.body);
  sink_arrival result{.relay = "dingtalk", .chat = token};
  result.text = text_of_card(card);
  result.card = std::move(card);
  return result;
}

sink_reading read_wecom(const http::request& what, const json::object& body) {
  const auto key = value_in_query(what, "key");
  if (key.empty())
    return errcode(93'000, "invalid webhook url");
  sink_arrival result{.relay = "wecom", .chat = key};
  const auto type = text_at(body, "msgtype");
  if (type != "markdown" && type != "markdown_v2")
    return errcode(40'008, "invalid message type");
  result.text = text_at(object_at(body, type), "content");
  if (result.text.empty())
    return errcode(44'004, "empty content");
  if (result.text.size() > wecom_bytes)
    return errcode(40'058, "markdown.content exceed max length 4096");
  result.card = card_of_markdown(result.text);
  result.card.code = code_of_markdown(result.text);
  return result;
}

sink_reading read_telegram(const http::request& what,
                           const json::object& body) {
  constexpr std::string_view prefix = "/bot";
  constexpr std::string_view suffix = "/sendMessage";
  const auto token = std::string_view{what.target}.substr(
      prefix.size(), what.target.size() - prefix.size() - suffix.size());
  // An id, a colon, a secret.
  if (token.find(':') == std::string_view::npos)
    return telegram_error(404, "Not Found");
  sink_arrival result{.relay = "telegram", .chat = id_as_text(body, "chat_id")};
  if (result.chat.empty())
    return telegram_error(400, "Bad Request: chat_id is empty");
  const auto html = text_at(body, "text");
  const auto seen = text_of_html(html);
  if (!seen)
    return telegram_error(400, "Bad Request: can't parse entities: "
                               "Unsupported start tag at byte offset 0");
  if (seen->text.empty())
    return telegram_error(400, "Bad Request: message text is empty");
  if (text::utf16_units(seen->text) > telegram_units)
    return telegram_error(400, "Bad Request: message is too long");
  result.card.body = seen->text;
  result.card.link = seen->link;
  result.card.code = seen->code;
  result.card.found = seen->found;
  if (const auto line = seen->text.rfind('\n');
      !seen->link.empty() && line != std::string::npos) {
    result.card.link_text = seen->text.substr(line + 1);
    result.card.body.resize(line);
  }
  result.text = seen->text + (seen->link.empty() ? "" : "\n" + seen->link);
  result.reply_to =
      id_as_text(object_at(body, "reply_parameters"), "message_id");
  return result;
}

sink_reading read_hook(const http::request& what, const json::object& body) {
  sink_arrival result{.relay = "webhook", .chat = {}};
  result.text = text_at(body, "type") + " " + text_at(body, "task_id");
  result.key = std::string{what.find("webhook-id").value_or("")};
  result.card.title = text_at(body, "type");
  result.card.body = json::serialize(body);
  return result;
}

} // namespace

std::string text_of_card(const sink_card& card) {
  std::string text;
  for (const auto& line : {card.title, card.body, card.link})
    add(text, line);
  return text;
}

sink_card read_lark_card(std::string_view type, std::string_view content) {
  sink_card card;
  const auto object = parse_object(content);
  if (!object)
    return card;
  if (type == "text") {
    card.body = text_at(*object, "text");
    return card;
  }
  const auto& header = object_at(*object, "header");
  card.title = text_at(object_at(header, "title"), "content");
  card.colour = text_at(header, "template");
  for (const auto& element : array_at(*object, "elements")) {
    if (!element.is_object())
      continue;
    const auto& inner = element.get_object();
    add(card.body, as_seen(text_at(inner, "content")));
    if (text_at(inner, "tag") == "div") {
      card.code = text_at(object_at(inner, "text"), "content");
      add(card.body, card.code);
    }
    for (const auto& note : array_at(inner, "elements"))
      if (note.is_object())
        add(card.body, text_at(note.get_object(), "content"));
    for (const auto& action : array_at(inner, "actions"))
      if (action.is_object()) {
        card.link = text_at(action.get_object(), "url");
        card.link_text =
            text_at(object_at(action.get_object(), "text"), "content");
      }
  }
  return card;
}

sink_reading read_message(std::string_view relay, const http::request& what) {
  const auto body = parse_object(what.body);
  if (!body)
    return relay == "slack"           ? slack_error(200, "invalid_json")
           : relay == "slack-webhook" ? slack_word(400, "invalid_payload")
           : relay == "telegram"      ? telegram_error(400, "Bad Request")
                                      : bad_body();
  if (relay == "lark-bot")
    return read_lark_bot(what, *body);
  if (relay == "discord")
    return read_discord(what, *body);
  if (relay == "octo")
    return read_octo(what, *body);
  if (relay == "slack")
    return read_slack(what, *body);
  if (relay == "slack-webhook")
    return read_slack_webhook(what, *body);
  if (relay == "dingtalk")
    return read_dingtalk(what, *body);
  if (relay == "wecom")
    return read_wecom(what, *body);
  return relay == "telegram" ? read_telegram(what, *body)
                             : read_hook(what, *body);
}

} // namespace telltale::commands
