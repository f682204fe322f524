#include "actors/relay/channels/webhook.hpp"

#include "actors/relay/channels/channel.hpp"
#include "actors/relay/channels/hmac.hpp"
#include "text/base64.hpp"

namespace telltale {

namespace {

constexpr std::string_view secret_prefix = "whsec_";

std::string key_of(const config::secret& secret) {
  std::string_view text = secret.reveal();
  if (!text.starts_with(secret_prefix))
    return std::string{text};
  text.remove_prefix(secret_prefix.size());
  auto key = text::decode_base64(text);
  return key && !key->empty() ? *std::move(key) : std::string{text};
}

class webhook_channel final : public channel {
public:
  webhook_channel(const config::relay_config& options, http_sender send)
      : url_(options.url), secrets_(options.secrets), send_(std::move(send)) {}

  void send(outgoing what, std::function<void(send_result)> then) override {
    const auto id = to_string(what.key);
    const auto now =
        std::to_string(std::chrono::duration_cast<std::chrono::seconds>(
                           now_utc().time_since_epoch())
                           .count());
    http::client_request request;
    request.method = "POST";
    request.url = url_;
    request.headers = {{"Content-Type", "application/json"},
                       {"webhook-id", id},
                       {"webhook-timestamp", now}};
    if (!secrets_.empty())
      request.headers.push_back(
          {"webhook-signature",
           webhook_signature(secrets_, id, now, what.envelope)});
    request.body = std::move(what.envelope);
    request.may_repeat = true; // the hook knows it by its id
    send_(std::move(request),
          [then = std::move(then)](const http::client_result& result) {
            then(judge(result));
          });
  }

private:
  static send_result judge(const http::client_result& result) {
    if (const auto* error = std::get_if<http::client_error>(&result)) {
      if (error->what == http::client_error::kind::refused_address
          || error->what == http::client_error::kind::bad_url)
        return given_up{.why = error->text};
      return lost(*error);
    }
    const auto& answer = std::get<http::client_response>(result);
    if (answer.status >= 200 && answer.status < 300)
      return message_sent{};
    if (is_transient(answer.status))
      return transient("the hook", answer);
    if (answer.status == 410)
      return given_up{.why = "the hook answered 410: it wants no more",
                      .binding_broken = false,
                      .target_gone = true};
    return given_up{.why =
                        "the hook answered " + std::to_string(answer.status)};
  }

  std::string url_;
  std::vector<config::secret> secrets_;
  http_sender send_;
};

} // namespace

std::string webhook_signature(const std::vector<config::secret>& secrets,
                              std::string_view id, std::string_view when,
                              std::string_view body) {
  std::string signed_text{id};
  signed_text.reserve(id.size() + when.size() + body.size() + 2);
  signed_text.append(1, '.').append(when).append(1, '.').append(body);
  std::string result;
  for (const auto& secret : secrets) {
    const auto key = key_of(secret);
    if (!result.empty())
      result += ' ';
    result += "v1," + hmac_sha256_base64(key, signed_text);
  }
  return result;
}

std::shared_ptr<channel>
make_webhook_channel(const config::relay_config& options, http_sender send) {
  return std::make_shared<webhook_channel>(options, std::move(send));
}

} // namespace telltale
