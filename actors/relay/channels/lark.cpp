#include <algorithm>
#include <cctype>
#include <charconv>

#include <boost/json/object.hpp>

#include "actors/relay/channels/dialect.hpp"
#include "actors/relay/channels/errors.hpp"
#include "actors/relay/channels/lark_card.hpp"
#include "text/json_fields.hpp"

// Lark and Feishu (open.feishu.cn, "Send a message", "Reply to a message",
// "Get tenant_access_token"): a token for each app, messages with a `uuid` that
// dedupes for an hour. Errors arrive with HTTP 400 and a code in the body, so
// the body is read whatever the status is.

namespace telltale {

namespace json = boost::json;

namespace {

constexpr std::chrono::seconds longest_wait{3600};

std::string_view public_address(const config::relay_config& options) {
  return options.region == "lark" ? "https://open.larksuite.com"
                                  : "https://open.feishu.cn";
}

/// Fit to stand in a path.
bool is_message_id(std::string_view text) {
  return !text.empty() && text.size() <= 128
         && std::ranges::all_of(text, [](char c) {
              return std::isalnum(static_cast<unsigned char>(c)) != 0
                     || c == '_' || c == '-';
            });
}

std::optional<std::chrono::milliseconds>
time_until_reset(const http::client_response& answer) {
  const auto text = answer.find("x-ogw-ratelimit-reset");
  if (!text)
    return std::nullopt;
  int seconds = 0;
  const auto* end = text->data() + text->size();
  const auto [stop, error] = std::from_chars(text->data(), end, seconds);
  if (error != std::errc{} || stop != end || seconds < 0)
    return std::nullopt;
  return std::min(std::chrono::seconds{seconds}, longest_wait);
}

/// 230001 stands for any argument; its sentence names the one.
bool names_receiver(const json::object& body) {
  return text::text_at(body, "msg").find("receive_id") != std::string::npos;
}

answer_meaning by_lark_code(const http::client_response& answer,
                            const json::object& body, std::int64_t code) {
  auto meaning = by_code("lark", std::to_string(code), answer);
  if (code == 230'001 && names_receiver(body)) {
    meaning.rule = answer_rule::binding_broken;
    meaning.explanation = "lark answered 230001: no such chat; bind another "
                          "chat, then redeliver";
  }
  if (const auto reset = time_until_reset(answer);
      reset
      && (meaning.rule == answer_rule::throttled
          || meaning.rule == answer_rule::transient))
    meaning.after = reset;
  return meaning;
}

class lark_dialect final : public dialect {
public:
  explicit lark_dialect(config::relay_config options)
      : options_(std::move(options)) {}

  bool dedupes() const override { return true; }

  bool may_reply(const chat_binding& chat) const override {
    return is_message_id(chat.reply_to);
  }

  http::client_request write(const outgoing_message& what,
                             const message_form& form) const override {
    const auto content =
        lark_message(in_form(what.message, form), options_.card && !form.plain);
    json::object body{{"msg_type", content.type},
                      {"content", content.json},
                      {"uuid", to_string(what.key)}};
    std::string path = "/open-apis/im/v1/messages";
    if (form.replies) {
      path += "/" + what.chat.reply_to + "/reply";
      body["reply_in_thread"] = !what.chat.thread_id.empty();
    } else {
      path += "?receive_id_type=chat_id";
      body["receive_id"] = form.chat_id;
    }
    auto result = request(path, body);
    result.headers.push_back({"Authorization", "Bearer " + form.token});
    return result;
  }

  answer_meaning judge(const http::client_response& answer) const override {
    const auto body = body_object(answer);
    const auto code = body ? text::number_at(*body, "code") : std::nullopt;
    if (!code)
      return not_of_chat("lark", answer);
    if (*code != 0)
      return by_lark_code(answer, *body, *code);
    auto id = text::text_at(text::object_at(*body, "data"), "message_id");
    if (id.empty())
      return not_of_chat("lark", answer);
    return {.rule = answer_rule::sent, .message_id = std::move(id)};
  }

  std::optional<http::client_request> ask_token() const override {
    return request("/open-apis/auth/v3/tenant_access_token/internal",
                   {{"app_id", options_.app_id},
                    {"app_secret", options_.app_secret.reveal()}});
  }

  fetched_token read_token(const http::client_response& answer) const override {
    fetched_token token;
    const auto body = body_object(answer);
    const auto code = body ? text::number_at(*body, "code") : std::nullopt;
    if (!code) {
      token.refused = not_of_chat("lark", answer);
    } else if (*code != 0) {
      token.refused = by_lark_code(answer, *body, *code);
      // Without a token nothing can be sent, whatever the code is.
      if (token.refused.rule != answer_rule::throttled
          && token.refused.rule != answer_rule::transient)
        token.refused.rule = answer_rule::credential_refused;
    } else {
      token.value = text::text_at(*body, "tenant_access_token");
      if (const auto expire = text::number_at(*body, "expire"))
        token.expires_in =
            std::chrono::seconds{std::clamp<std::int64_t>(*expire, 0, 86'400)};
      if (token.value.empty())
        token.refused = not_of_chat("lark", answer);
    }
    if (token.value.empty())
      token.refused.explanation = "no token: " + token.refused.explanation;
    return token;
  }

private:
  [[nodiscard]] http::client_request request(std::string_view path,
                                             const json::object& body) const {
    auto result =
        json_post(base_or(options_, public_address(options_)), path, body);
    // A message has its uuid, a token is only asked for.
    result.may_repeat = true;
    return result;
  }

  const config::relay_config options_;
};

} // namespace

std::unique_ptr<const dialect>
make_lark_dialect(const config::relay_config& options) {
  return std::make_unique<lark_dialect>(options);
}

} // namespace telltale
