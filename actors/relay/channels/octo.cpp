#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include "actors/relay/channels/channel.hpp"
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

/// The message as the chat's Markdown. A hard break needs two blanks.
std::string content_of(const rendered& what) {
  auto text = escape_markdown(what.message);
  if (!what.detail.empty())
    text += "\n" + escape_markdown(what.detail);
  if (const auto line = run_line(what); !line.empty())
    text += "\n" + escape_markdown(line);
  if (!what.link.empty())
    text += "\n" + what.link;
  return text;
}

/// The id as it stands in the answer: a number may exceed what a double holds,
/// and 64 bits.
std::string message_id_of(std::string_view body) {
  const auto answer = text::parse_object(body);
  const auto* id = answer ? text::field_at(*answer, "message_id") : nullptr;
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

class octo_channel final : public channel {
public:
  octo_channel(const config::relay_config& options, http_sender send)
      : base_(options.base_url), token_(options.token), send_(std::move(send)) {
    while (base_.ends_with('/'))
      base_.pop_back();
  }

  void send(outgoing what, std::function<void(send_result)> then) override {
    json::object payload{{"type", 1}, {"content", content_of(what.message)}};
    if (!what.chat.reply_to.empty())
      payload["reply"] = {{"message_id", what.chat.reply_to}};
    const json::object body{{"channel_id", what.chat.chat_id},
                            {"channel_type", channel_type(what.chat)},
                            {"payload", std::move(payload)},
                            {"client_msg_no", to_string(what.key)}};
    send_(request("/v1/bot/sendMessage", json::serialize(body)),
          [then = std::move(then)](const http::client_result& result) {
            then(judge(result));
          });
  }

  void beat() override {
    send_(request("/v1/bot/heartbeat", "{}"), [](const http::client_result&) {
      // The next beat comes soon; a bot shown as offline harms nobody.
    });
  }

private:
  [[nodiscard]] http::client_request request(std::string_view path,
                                             std::string body) const {
    http::client_request result;
    result.method = "POST";
    result.url = base_ + std::string{path};
    result.headers = {{"Authorization", "Bearer " + token_.reveal()},
                      {"Content-Type", "application/json"}};
    result.body = std::move(body);
    result.may_repeat = true; // every message has its key
    return result;
  }

  static send_result judge(const http::client_result& result) {
    if (const auto* error = std::get_if<http::client_error>(&result))
      return lost(*error);
    const auto& answer = std::get<http::client_response>(result);
    if (answer.status >= 200 && answer.status < 300) {
      // What cannot be read is a lost answer; the key makes a repeat harmless.
      if (!text::parse_object(answer.body))
        return try_again{.why = "octo's answer cannot be read",
                         .after = {},
                         .throttled = false,
                         .transport = true};
      return message_sent{message_id_of(answer.body)};
    }
    if (is_transient(answer.status))
      return transient("octo", answer);
    return given_up{.why = "octo answered " + std::to_string(answer.status)};
  }

  std::string base_;
  config::secret token_;
  http_sender send_;
};

} // namespace

std::shared_ptr<channel> make_octo_channel(const config::relay_config& options,
                                           http_sender send) {
  return std::make_shared<octo_channel>(options, std::move(send));
}

} // namespace telltale
