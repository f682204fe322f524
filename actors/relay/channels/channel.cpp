#include "actors/relay/channels/channel.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>
#include <stdexcept>

#include "actors/relay/channels/chats.hpp"
#include "config/relay_limits.hpp"

namespace telltale {

namespace {

constexpr std::chrono::milliseconds longest_wait{std::chrono::hours{1}};

std::optional<long long> whole_number(std::string_view text) {
  long long value = 0;
  const auto* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc{} || stop != end)
    return std::nullopt;
  return value;
}

/// `Sun, 06 Nov 1994 08:49:37 GMT`, the only form that servers may send.
std::optional<timestamp> parse_http_date(std::string_view text) {
  constexpr std::array<std::string_view, 12> months{"Jan", "Feb", "Mar", "Apr",
                                                    "May", "Jun", "Jul", "Aug",
                                                    "Sep", "Oct", "Nov", "Dec"};
  if (text.size() != 29 || text.substr(26) != "GMT")
    return std::nullopt;
  const auto* month = std::ranges::find(months, text.substr(8, 3));
  if (month == months.end())
    return std::nullopt;
  char iso[32];
  const auto number = std::distance(months.begin(), month) + 1;
  std::snprintf(iso, sizeof iso, "%.4s-%02d-%.2sT%.8sZ", text.data() + 12,
                static_cast<int>(number), text.data() + 5, text.data() + 17);
  return parse_rfc3339(iso);
}

bool is_http(std::string_view url) {
  return url.starts_with("http://") || url.starts_with("https://");
}

/// Some chats want their token in the address.
bool is_url_safe(std::string_view token) {
  return !token.empty() && std::ranges::all_of(token, [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z')
           || (c >= 'a' && c <= 'z')
           || std::string_view{"-_.:~"}.find(c) != std::string_view::npos;
  });
}

} // namespace

std::optional<std::chrono::milliseconds>
retry_after(const http::client_response& answer, timestamp now) {
  const auto text = answer.find("retry-after");
  if (!text)
    return std::nullopt;
  std::chrono::milliseconds wait{};
  if (const auto seconds = whole_number(*text))
    wait = std::chrono::seconds{std::clamp(*seconds, 0LL, 3600LL)};
  else if (const auto date = parse_http_date(*text))
    wait = std::chrono::duration_cast<std::chrono::milliseconds>(*date - now);
  else
    return std::nullopt;
  return std::clamp(wait, std::chrono::milliseconds{0}, longest_wait);
}

try_again lost(const http::client_error& error) {
  return {
      .why = error.text, .after = {}, .throttled = false, .transport = true};
}

try_again transient(std::string_view who, const http::client_response& answer) {
  try_again result;
  result.why = std::string{who} + " answered " + std::to_string(answer.status);
  result.after = retry_after(answer, now_utc());
  result.throttled = answer.status == 429 || result.after.has_value();
  result.transport = !result.throttled;
  return result;
}

http::client_options client_options(const config::relay_config& options) {
  http::client_options result;
  result.connect_timeout = options.connect_timeout;
  result.request_timeout = options.request_timeout;
  result.max_idle_per_host = limits_of(options).in_flight;
  result.ca_file = options.ca_file;
  // An operator names the address of a chat; only hooks are other people's.
  result.allow_private = options.type != "webhook" || options.allow_private;
  return result;
}

namespace {

/// Requests keep the adapter, so it must not keep the client: nobody would let
/// go first.
http_sender sender_over(const std::shared_ptr<http::client>& client) {
  return [weak = std::weak_ptr{client}](
             http::client_request what,
             std::function<void(http::client_result)> then) {
    if (const auto alive = weak.lock())
      alive->send(std::move(what), std::move(then));
    else
      then(http::client_error{http::client_error::kind::cancelled,
                              "the relay has ended", false});
  };
}

std::shared_ptr<channel> make_adapter(const std::string& name,
                                      const config::relay_config& options,
                                      http_sender send) {
  const auto need = [&](bool present, const char* what) {
    if (!present)
      throw std::invalid_argument("the relay " + name + " needs " + what);
  };
  if (options.type == "octo") {
    need(is_http(options.base_url), "a base_url with http:// or https://");
    need(!options.token.empty(), "a token");
    return make_octo_channel(options, std::move(send));
  }
  if (options.type == "lark") {
    need(is_http(options.base_url)
             || (options.base_url.empty() && !options.region.empty()),
         "a region or a base_url with http:// or https://");
    need(!options.app_id.empty(), "an app_id");
    need(!options.app_secret.empty(), "an app_secret");
    return make_lark_channel(options, std::move(send));
  }
  if (options.type == "webhook") {
    need(is_http(options.url), "a url with http:// or https://");
    return make_webhook_channel(options, std::move(send));
  }
  need(options.base_url.empty() || is_http(options.base_url),
       "a base_url with http:// or https://");
  need(is_url_safe(options.token.reveal()),
       "a token without blanks and marks of addresses");
  if (options.type == "slack")
    return make_slack_channel(options, std::move(send));
  if (options.type == "dingtalk")
    return make_dingtalk_channel(options, std::move(send));
  if (options.type == "wecom")
    return make_wecom_channel(options, std::move(send));
  need(options.type == "telegram",
       "a type: octo, lark, slack, dingtalk, wecom, telegram or webhook");
  return make_telegram_channel(options, std::move(send));
}

} // namespace

std::shared_ptr<channel> make_channel(const std::string& name,
                                      const config::relay_config& options,
                                      std::shared_ptr<http::client> client) {
  const auto adapter = make_adapter(name, options, sender_over(client));
  return {adapter.get(), [adapter, client = std::move(client)](channel*) {}};
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

} // namespace telltale
