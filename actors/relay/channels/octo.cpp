#include <algorithm>
#include <array>

#include <boost/json/object.hpp>

#include "actors/relay/channels/dialect.hpp"
#include "actors/relay/channels/errors.hpp"
#include "actors/relay/text/markup.hpp"
#include "text/json_fields.hpp"

namespace telltale {

namespace json = boost::json;

namespace {

constexpr std::int32_t group_chat = 2;
constexpr std::int32_t topic_chat = 5;

std::int32_t channel_type(const chat_binding& chat) {
  if (chat.channel_type != 0)
    return chat.channel_type;
  return chat.thread_id.empty() ? group_chat : topic_chat;
}

/// The message as the chat's Markdown.
std::string content_of(const rendered& what) {
  auto text = escape_markdown(what.message);
  if (!what.detail.empty())
    text += "\n" + fenced(what.detail);
  for (const auto& line : {run_line(what), what.doubt})
    if (!line.empty())
      text += "\n" + escape_markdown(line);
  if (!what.link.empty())
    text += "\n" + what.link;
  return text;
}

/// The id as it stands in the answer: a number may exceed what a double holds,
/// and 64 bits.
std::string message_id_of(const json::object& answer, std::string_view body) {
  const auto* id = text::field_at(answer, "message_id");
  if (id == nullptr)
    return {};
  if (id->is_string())
    return std::string{id->get_string().c_str(), id->get_string().size()};
  if (id->is_int64())
    return std::to_string(id->get_int64());
  if (id->is_uint64())
    return std::to_string(id->get_uint64());
  if (!id->is_double())
    return {};
  constexpr std::string_view key = "\"message_id\"";
  auto at = body.find(key);
  at = at == std::string_view::npos
           ? at
           : body.find_first_of("0123456789", at + key.size());
  if (at == std::string_view::npos)
    return {};
  return std::string{
      body.substr(at, body.find_first_not_of("0123456789", at) - at)};
}

/// Octo's own answers have one of these.
bool is_of_octo(const json::object& body, bool success) {
  static constexpr std::array<std::string_view, 3> of_success{
      "message_id", "client_msg_no", "message_seq"};
  static constexpr std::array<std::string_view, 5> of_error{
      "error", "msg", "message", "code", "status"};
  const auto has = [&](std::string_view key) { return body.contains(key); };
  return success ? std::ranges::any_of(of_success, has)
                 : std::ranges::any_of(of_error, has);
}

class octo_dialect final : public dialect {
public:
  explicit octo_dialect(config::relay_config options)
      : options_(std::move(options)) {}

  bool dedupes() const override { return true; }

  http::client_request write(const outgoing_message& what,
                             const message_form& form) const override {
    json::object payload{{"type", 1},
                         {"content", content_of(in_form(what.message, form))}};
    if (form.replies && !what.chat.reply_to.empty())
      payload["reply"] = {{"message_id", what.chat.reply_to}};
    return request("/v1/bot/sendMessage",
                   {{"channel_id", form.chat_id},
                    {"channel_type", channel_type(what.chat)},
                    {"payload", std::move(payload)},
                    {"client_msg_no", to_string(what.key)}});
  }

  answer_meaning judge(const http::client_response& answer) const override {
    const auto body = body_object(answer);
    if (!body || !is_of_octo(*body, is_success(answer.status)))
      return not_of_chat("octo", answer);
    if (!is_success(answer.status))
      return by_code("octo", std::to_string(answer.status), answer);
    return {.rule = answer_rule::sent,
            .message_id = message_id_of(*body, answer.body)};
  }

  std::optional<http::client_request> beat() const override {
    return request("/v1/bot/heartbeat", {});
  }

private:
  [[nodiscard]] http::client_request request(std::string_view path,
                                             const json::object& body) const {
    auto result = json_post(options_.base_url, path, body);
    result.headers.push_back(
        {"Authorization", "Bearer " + options_.token.reveal()});
    result.may_repeat = true; // every message has its key
    return result;
  }

  const config::relay_config options_;
};

} // namespace

std::unique_ptr<const dialect>
make_octo_dialect(const config::relay_config& options) {
  return std::make_unique<octo_dialect>(options);
}

} // namespace telltale
