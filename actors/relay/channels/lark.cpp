#include <algorithm>
#include <cctype>
#include <mutex>

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include "actors/relay/channels/channel.hpp"
#include "actors/relay/channels/lark_card.hpp"
#include "actors/relay/channels/lark_rules.hpp"

namespace telltale {

namespace json = boost::json;

namespace {

/// A token is renewed this long before it expires.
constexpr std::chrono::seconds token_margin{60};

std::string base_url(const config::relay_config& options) {
  std::string base = options.base_url;
  if (base.empty())
    base = options.region == "lark" ? "https://open.larksuite.com"
                                    : "https://open.feishu.cn";
  while (base.ends_with('/'))
    base.pop_back();
  return base;
}

/// Fit to stand in a path.
bool is_message_id(std::string_view text) {
  return !text.empty() && text.size() <= 128
         && std::ranges::all_of(text, [](char c) {
              return std::isalnum(static_cast<unsigned char>(c)) != 0
                     || c == '_' || c == '-';
            });
}

send_result give_up(const lark_verdict& verdict) {
  return given_up{.why = verdict.why,
                  .binding_broken = verdict.rule == lark_rule::binding_broken};
}

send_result wait(const lark_verdict& verdict) {
  const bool throttled = verdict.rule == lark_rule::throttled;
  return try_again{.why = verdict.why,
                   .after = verdict.after,
                   .throttled = throttled,
                   .transport = !throttled && verdict.code == 0};
}

/// One message on its way through the rules. Each of them that sends again does
/// so once.
struct message_flight {
  outgoing what;
  std::function<void(send_result)> then;
  bool replies = false;
  bool copy_only = false;
  bool renewed = false;
};

using flight_ptr = std::shared_ptr<message_flight>;

/// Told with a token, or with why there is none.
using token_waiter = std::function<void(std::string, send_result)>;

class lark_channel final : public channel,
                           public std::enable_shared_from_this<lark_channel> {
public:
  lark_channel(const config::relay_config& options, http_sender send,
               steady_now now)
      : base_(base_url(options)), app_id_(options.app_id),
        app_secret_(options.app_secret), card_(options.card),
        send_(std::move(send)), now_(std::move(now)) {}

  void send(outgoing what, std::function<void(send_result)> then) override {
    auto flight = std::make_shared<message_flight>();
    flight->replies = is_message_id(what.chat.reply_to);
    flight->what = std::move(what);
    flight->then = std::move(then);
    start(flight);
  }

private:
  void start(const flight_ptr& flight) {
    with_token([self = shared_from_this(), flight](const std::string& token,
                                                   const send_result& none) {
      if (token.empty())
        flight->then(none);
      else
        self->post(flight, token);
    });
  }

  void post(const flight_ptr& flight, const std::string& token) {
    const auto content =
        lark_message(flight->what.message, card_, flight->copy_only);
    json::object body{{"msg_type", content.type},
                      {"content", content.json},
                      {"uuid", to_string(flight->what.key)}};
    std::string path = "/open-apis/im/v1/messages";
    if (flight->replies) {
      path += "/" + flight->what.chat.reply_to + "/reply";
      body["reply_in_thread"] = !flight->what.chat.thread_id.empty();
    } else {
      path += "?receive_id_type=chat_id";
      body["receive_id"] = flight->what.chat.chat_id;
    }
    send_(request(path, json::serialize(body), token),
          [self = shared_from_this(), flight,
           token](const http::client_result& result) {
            self->settle(flight, token, result);
          });
  }

  void settle(const flight_ptr& flight, const std::string& token,
              const http::client_result& result) {
    if (const auto* error = std::get_if<http::client_error>(&result)) {
      flight->then(lost(*error));
      return;
    }
    const auto verdict = judge_lark(std::get<http::client_response>(result));
    switch (verdict.rule) {
    case lark_rule::sent:
      flight->then(message_sent{verdict.message_id});
      return;
    case lark_rule::renew_token:
      drop_token(token);
      again(flight, flight->renewed, true, verdict);
      return;
    case lark_rule::leave_thread:
      again(flight, flight->replies, false, verdict);
      return;
    case lark_rule::leave_detail:
      again(flight, flight->copy_only, true, verdict);
      return;
    case lark_rule::throttled:
    case lark_rule::transient:
      flight->then(wait(verdict));
      return;
    case lark_rule::binding_broken:
    case lark_rule::permanent:
      flight->then(give_up(verdict));
      return;
    }
  }

  /// Sends again with one thing changed, unless that was the case already.
  void again(const flight_ptr& flight, bool& state, bool wanted,
             const lark_verdict& verdict) {
    if (state == wanted) {
      flight->then(verdict.rule == lark_rule::renew_token ? wait(verdict)
                                                          : give_up(verdict));
      return;
    }
    state = wanted;
    start(flight);
  }

  void with_token(token_waiter then) {
    std::string token;
    {
      const std::lock_guard lock{guard_};
      if (!token_.empty() && now_() < token_until_) {
        token = token_;
      } else {
        waiting_.push_back(std::move(then));
        if (fetching_)
          return;
        fetching_ = true;
      }
    }
    if (token.empty())
      fetch_token();
    else
      then(token, message_sent{});
  }

  void fetch_token() {
    const json::object body{{"app_id", app_id_},
                            {"app_secret", app_secret_.reveal()}};
    send_(request("/open-apis/auth/v3/tenant_access_token/internal",
                  json::serialize(body), {}),
          [self = shared_from_this()](const http::client_result& result) {
            self->token_came(result);
          });
  }

  void token_came(const http::client_result& result) {
    lark_token token;
    send_result none = message_sent{};
    if (const auto* error = std::get_if<http::client_error>(&result)) {
      none = lost(*error);
    } else {
      token = read_lark_token(std::get<http::client_response>(result));
      const auto rule = token.refused.rule;
      if (token.value.empty())
        none = rule == lark_rule::throttled || rule == lark_rule::transient
                   ? wait(token.refused)
                   : give_up(token.refused);
    }
    std::vector<token_waiter> waiting;
    {
      const std::lock_guard lock{guard_};
      fetching_ = false;
      token_ = token.value;
      token_until_ = now_() + token.expires_in - token_margin;
      waiting.swap(waiting_);
    }
    for (const auto& waiter : waiting)
      waiter(token.value, none);
  }

  /// Only the token that was refused: another flight may have a new one.
  void drop_token(const std::string& refused) {
    const std::lock_guard lock{guard_};
    if (token_ == refused)
      token_.clear();
  }

  [[nodiscard]] http::client_request request(const std::string& path,
                                             std::string body,
                                             const std::string& token) const {
    http::client_request result;
    result.method = "POST";
    result.url = base_ + path;
    result.headers = {{"Content-Type", "application/json; charset=utf-8"}};
    if (!token.empty())
      result.headers.push_back({"Authorization", "Bearer " + token});
    result.body = std::move(body);
    result.may_repeat =
        true; // a message has its uuid, a token is only asked for
    return result;
  }

  const std::string base_;
  const std::string app_id_;
  const config::secret app_secret_;
  const bool card_;
  const http_sender send_;
  const steady_now now_;

  std::mutex guard_; ///< of all below
  std::string token_;
  std::chrono::steady_clock::time_point token_until_{};
  bool fetching_ = false;
  std::vector<token_waiter> waiting_;
};

} // namespace

std::shared_ptr<channel> make_lark_channel(const config::relay_config& options,
                                           http_sender send, steady_now now) {
  return std::make_shared<lark_channel>(options, std::move(send),
                                        std::move(now));
}

} // namespace telltale
