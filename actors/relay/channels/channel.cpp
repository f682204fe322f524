#include "actors/relay/channels/channel.hpp"

#include <algorithm>
#include <stdexcept>

#include <boost/json/serialize.hpp>

#include "actors/relay/channels/dialect.hpp"
#include "config/relay_limits.hpp"

namespace telltale {

namespace {

bool is_http(std::string_view url) {
  return url.starts_with("http://") || url.starts_with("https://");
}

/// Some chats want their token in the address.
bool is_url_safe(std::string_view token, std::string_view also = {}) {
  return !token.empty() && std::ranges::all_of(token, [also](char c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z')
           || (c >= 'a' && c <= 'z')
           || std::string_view{"-_.:~"}.find(c) != std::string_view::npos
           || also.find(c) != std::string_view::npos;
  });
}

void need(const std::string& name, bool present, const std::string& what) {
  if (!present)
    throw std::invalid_argument("the relay " + name + " needs " + what);
}

std::unique_ptr<const dialect>
make_dialect(const std::string& name, const config::relay_config& options) {
  if (options.type == "octo") {
    need(name, is_http(options.base_url),
         "a base_url with http:// or https://");
    need(name, !options.token.empty(), "a token");
    return make_octo_dialect(options);
  }
  if (options.type == "lark") {
    need(name,
         is_http(options.base_url)
             || (options.base_url.empty() && !options.region.empty()),
         "a region or a base_url with http:// or https://");
    need(name, !options.app_id.empty(), "an app_id");
    need(name, !options.app_secret.empty(), "an app_secret");
    return make_lark_dialect(options);
  }
  if (options.type == "webhook") {
    need(name, is_http(options.url), "a url with http:// or https://");
    return make_webhook_dialect(options);
  }
  need(name, options.base_url.empty() || is_http(options.base_url),
       "a base_url with http:// or https://");
  // The token of such a hook is the end of its address, of several parts.
  const bool path =
      options.type == "slack-webhook" || options.type == "discord";
  need(name, is_url_safe(options.token.reveal(), path ? "/" : ""),
       "a token without blanks and marks of addresses");
  if (options.type == "lark-bot")
    return make_lark_bot_dialect(options);
  if (options.type == "slack-webhook")
    return make_slack_webhook_dialect(options);
  if (options.type == "discord")
    return make_discord_dialect(options);
  if (options.type == "slack")
    return make_slack_dialect(options);
  if (options.type == "dingtalk")
    return make_dingtalk_dialect(options);
  if (options.type == "wecom")
    return make_wecom_dialect(options);
  need(name, options.type == "telegram",
       "a type: octo, lark, lark-bot, slack, slack-webhook, discord, dingtalk, "
       "wecom, telegram or webhook");
  return make_telegram_dialect(options);
}

} // namespace

http::client_options client_options(const config::relay_config& options) {
  http::client_options result;
  result.connect_timeout = options.connect_timeout;
  result.request_timeout = options.request_timeout;
  result.max_idle_per_host = limits_of(options).in_flight;
  result.ca_file = options.ca_file;
  result.user_agent = "Telltale/" TELLTALE_VERSION;
  // An operator names the address of a chat; only hooks are other people's.
  result.allow_private = options.type != "webhook" || options.allow_private;
  return result;
}

std::shared_ptr<channel> make_channel(const std::string& name,
                                      const config::relay_config& options) {
  return make_dialect_channel(make_dialect(name, options));
}

send_limits limits_of(const config::relay_config& options) {
  const auto& own = config::relay_limits_of(options.type);
  const auto either = [](double chosen, double by_type) {
    return chosen > 0 ? chosen : by_type;
  };
  send_limits limits;
  limits.per_chat = either(options.rate_per_chat, own.per_chat);
  limits.per_group_minute = own.per_group_minute;
  limits.per_app = either(options.rate_per_app, own.per_app);
  limits.per_app_minute = own.per_app_minute;
  limits.in_flight = static_cast<std::size_t>(
      options.max_in_flight > 0 ? options.max_in_flight : own.in_flight);
  limits.from_answer = own.of_the_chat;
  return limits;
}

rendered in_form(const rendered& what, const message_form& form) {
  auto result = what;
  if (form.copy_only) {
    result.message = result.copy;
    result.detail.clear();
    result.title.clear();
  }
  return result;
}

http::client_request json_post(std::string_view base, std::string_view path,
                               const boost::json::object& body) {
  while (base.ends_with('/'))
    base.remove_suffix(1);
  http::client_request result;
  result.method = "POST";
  result.url = std::string{base} + std::string{path};
  result.headers = {{"Content-Type", "application/json; charset=utf-8"}};
  result.body = boost::json::serialize(body);
  return result;
}

std::string_view base_or(const config::relay_config& options,
                         std::string_view public_address) {
  return options.base_url.empty() ? public_address
                                  : std::string_view{options.base_url};
}

} // namespace telltale
