#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>

#include "actors/relay/channels/dialect.hpp"
#include "actors/relay/channels/errors.hpp"
#include "actors/relay/channels/hmac.hpp"
#include "actors/relay/channels/lark_card.hpp"
#include "text/json_fields.hpp"

// Lark's and Feishu's custom bots (open.feishu.cn, "Use custom bots in a
// group"): POST /open-apis/bot/v2/hook/TOKEN, signed with `timestamp` (s) and
// `sign` if the bot has a secret; at most 20 KB, 100 a minute, 5 a second.
// Errors come with HTTP 200 and a `code`. A bot belongs to one group, gives no
// message ids and dedupes nothing.

namespace telltale {

namespace json = boost::json;

namespace {

constexpr std::size_t body_bytes = 20'000;
constexpr std::size_t envelope_bytes = 500; // around the content

/// A bot that was throttled comes back after this: its limit is a minute's.
constexpr std::chrono::minutes pause{1};

class lark_bot_dialect final : public dialect {
public:
  lark_bot_dialect(config::relay_config options, wall_clock clock)
      : options_(std::move(options)), clock_(std::move(clock)) {}

  http::client_request write(const outgoing_message& what,
                             const message_form& form) const override {
    const bool card = options_.card && !form.plain;
    const auto content = lark_message(in_form(what.message, form), card,
                                      body_bytes - envelope_bytes);
    json::object body{{"msg_type", content.type},
                      {card ? "card" : "content", json::parse(content.json)}};
    if (!options_.sign_secret.empty()) {
      const auto when =
          std::to_string(std::chrono::duration_cast<std::chrono::seconds>(
                             clock_().time_since_epoch())
                             .count());
      body["timestamp"] = when;
      // The text that is signed is the key; what is signed is empty.
      body["sign"] =
          hmac_sha256_base64(when + "\n" + options_.sign_secret.reveal(), {});
    }
    return json_post(base_or(options_, options_.region == "lark"
                                           ? "https://open.larksuite.com"
                                           : "https://open.feishu.cn"),
                     "/open-apis/bot/v2/hook/" + options_.token.reveal(), body);
  }

  answer_meaning judge(const http::client_response& answer) const override {
    const auto body = body_object(answer);
    const auto code = body ? text::number_at(*body, "code") : std::nullopt;
    if (!code)
      return not_of_chat("lark-bot", answer);
    if (*code == 0)
      return {.rule = answer_rule::sent};
    auto meaning = by_code("lark-bot", std::to_string(*code), answer);
    if (meaning.rule == answer_rule::throttled && !meaning.after)
      meaning.after = pause;
    return meaning;
  }

private:
  const config::relay_config options_;
  const wall_clock clock_;
};

} // namespace

std::unique_ptr<const dialect>
make_lark_bot_dialect(const config::relay_config& options, wall_clock clock) {
  return std::make_unique<lark_bot_dialect>(options, std::move(clock));
}

} // namespace telltale
