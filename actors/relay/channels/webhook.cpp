#include "actors/relay/channels/webhook.hpp"

#include "actors/relay/channels/dialect.hpp"
#include "actors/relay/channels/errors.hpp"
#include "actors/relay/channels/hmac.hpp"
#include "text/base64.hpp"

namespace telltale {

namespace {

constexpr std::string_view secret_prefix = "whsec_";

std::string key_of(const config::secret& secret) {
  // As the scheme's own libraries do, with the prefix or without.
  std::string_view text = secret.reveal();
  if (text.starts_with(secret_prefix))
    text.remove_prefix(secret_prefix.size());
  auto key = text::decode_base64(text);
  return key && !key->empty() ? *std::move(key) : std::string{text};
}

class webhook_dialect final : public dialect {
public:
  webhook_dialect(config::relay_config options, wall_clock clock)
      : options_(std::move(options)), clock_(std::move(clock)) {}

  bool dedupes() const override { return true; } // by its id

  http::client_request write(const outgoing_message& what,
                             const message_form&) const override {
    const auto id = to_string(what.key);
    const auto now =
        std::to_string(std::chrono::duration_cast<std::chrono::seconds>(
                           clock_().time_since_epoch())
                           .count());
    http::client_request request;
    request.method = "POST";
    request.url = options_.url;
    request.headers = {{"Content-Type", "application/json"},
                       {"webhook-id", id},
                       {"webhook-timestamp", now}};
    if (!options_.secrets.empty())
      request.headers.push_back(
          {"webhook-signature",
           webhook_signature(options_.secrets, id, now, what.envelope)});
    request.body = what.envelope;
    request.may_repeat = true;
    return request;
  }

  /// The scheme's only words are statuses: 2xx has it, 410 wants no more, all
  /// else is tried again, whatever the body holds.
  answer_meaning judge(const http::client_response& answer) const override {
    if (is_success(answer.status))
      return {.rule = answer_rule::sent};
    const auto code = std::to_string(answer.status);
    auto meaning = by_status("the hook", answer);
    if (const auto* row = find_error("webhook", code)) {
      const bool obeys = meaning.rule == answer_rule::throttled;
      meaning = by_row("the hook", *row, code, answer);
      if (obeys && meaning.rule == answer_rule::transient)
        meaning.rule = answer_rule::throttled;
    } else if (meaning.rule == answer_rule::permanent) {
      meaning.rule = answer_rule::transient;
    }
    // Whoever answers 404 is there: the schedule bears with it, no circuit.
    meaning.transport =
        meaning.rule == answer_rule::transient && is_transient(answer.status);
    return meaning;
  }

private:
  const config::relay_config options_;
  const wall_clock clock_;
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

std::unique_ptr<const dialect>
make_webhook_dialect(const config::relay_config& options, wall_clock clock) {
  return std::make_unique<webhook_dialect>(options, std::move(clock));
}

} // namespace telltale
