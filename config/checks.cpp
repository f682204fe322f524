#include "config/checks.hpp"

#include <algorithm>
#include <array>
#include <set>

#include "config/address.hpp"
#include "text/base64.hpp"

namespace telltale::config {

namespace {

struct checker {
  load_result& read;
  const std::function<origin(std::string)>& where;

  void fail(const std::string& path, std::string message) const {
    read.errors.push_back({where(path), path, std::move(message)});
  }

  void warn(const std::string& path, std::string message) const {
    read.warnings.push_back({where(path), path, std::move(message)});
  }

  /// Whether the secret is there, or was to come from a variable.
  [[nodiscard]] bool given(const secret& value, const std::string& path) const {
    return !value.empty()
           || std::any_of(
               read.missing_secrets.begin(), read.missing_secrets.end(),
               [&](const missing_secret& x) { return x.path == path; });
  }

  /// A credential goes into a header's line.
  void one_line(const secret& value, const std::string& path) const {
    const auto& bytes = value.reveal();
    if (std::any_of(bytes.begin(), bytes.end(), [](char c) {
          return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
        }))
      fail(path, "expected a secret on one line, without control characters");
  }

  void http_url(const std::string& value, const std::string& path) const {
    if (!value.empty() && !is_http_url(value))
      fail(path, "expected a URL such as \"https://host/path\", without user "
                 "or fragment");
  }

  template <class T> void distinct_names(const std::vector<T>& entries,
                                         const std::string& path) const {
    std::set<std::string> names;
    for (std::size_t i = 0; i < entries.size(); ++i) {
      const auto inner = path + '[' + std::to_string(i) + "].name";
      if (entries[i].name.empty())
        fail(inner, "expected a name");
      else if (!names.insert(entries[i].name).second)
        fail(inner, "expected a name of its own, " + shown(entries[i].name)
                        + " is taken");
    }
  }
};

/// A token that is guessed opens everything.
constexpr std::size_t shortest_token = 20;

/// What a script makes of a variable that is not set.
constexpr std::string_view sha256_of_nothing =
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

bool is_sha256(const std::string& hex) {
  return hex.size() == 64
         && hex.find_first_not_of("0123456789abcdef") == hex.npos;
}

void check_http(const checker& c, const http_config& x,
                const auth_config& auth) {
  const auto listen = parse_address(x.listen);
  if (!listen)
    c.fail("http.listen",
           "expected an address and a port, such as \"127.0.0.1:8080\" or "
           "\"[::1]:8080\"");
  else if (!is_loopback(*listen) && auth.runner_tokens.empty()
           && auth.operator_tokens.empty())
    c.fail("http.listen",
           "expected tokens in [auth], since other machines can reach this "
           "address; without tokens only a loopback address will do");
  c.http_url(x.public_url, "http.public_url");
  if (auth.runner_tokens.empty() && auth.operator_tokens.empty()
      && is_http_url(x.public_url) && !is_loopback_url(x.public_url))
    c.fail("http.public_url",
           "expected tokens in [auth], since people reach the service under "
           "this address; without tokens it is open to everybody, and answers "
           "under names of this machine alone");
  if (x.tls_certificate.empty() != x.tls_key.empty())
    c.fail(x.tls_key.empty() ? "http.tls_certificate" : "http.tls_key",
           "expected both tls_certificate and tls_key, or neither");
}

void check_tokens(const checker& c, std::vector<token_config>& tokens,
                  const std::string& path) {
  c.distinct_names(tokens, path);
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    auto& token = tokens[i];
    const auto inner = path + '[' + std::to_string(i) + ']';
    const bool plain = c.given(token.token, inner + ".token");
    if (plain == !token.sha256.empty())
      c.fail(inner, "expected either token or sha256");
    c.one_line(token.token, inner + ".token");
    if (!token.token.empty() && token.token.reveal().size() < shortest_token)
      c.fail(inner + ".token",
             "expected a token of at least " + std::to_string(shortest_token)
                 + " bytes, which nobody guesses; `telltale token new` makes "
                   "one");
    std::transform(token.sha256.begin(), token.sha256.end(),
                   token.sha256.begin(), [](char x) {
                     return x >= 'A' && x <= 'F' ? static_cast<char>(x + 32)
                                                 : x;
                   });
    // Not shown: what stands there by mistake may be the token itself.
    if (!token.sha256.empty() && !is_sha256(token.sha256))
      c.fail(inner + ".sha256", "expected 64 hexadecimal digits");
    if (token.sha256 == sha256_of_nothing)
      c.fail(inner + ".sha256", "this is the digest of an empty text; expected "
                                "that of a token, which `telltale token new` "
                                "prints");
  }
}

void check_redaction(const checker& c, const redaction_config& x) {
  c.distinct_names(x.known_secrets, "redaction.known_secrets");
  for (std::size_t i = 0; i < x.known_secrets.size(); ++i) {
    const auto path =
        "redaction.known_secrets[" + std::to_string(i) + "].value";
    if (!c.given(x.known_secrets[i].value, path))
      c.fail(path, "expected the value to mask");
  }
  c.distinct_names(x.patterns, "redaction.patterns");
  for (std::size_t i = 0; i < x.patterns.size(); ++i) {
    const auto path = "redaction.patterns[" + std::to_string(i) + ']';
    const auto& words = x.patterns[i].keywords;
    if (x.patterns[i].regex.empty())
      c.fail(path + ".regex", "expected a pattern");
    if (words.empty())
      c.warn(path + ".keywords", "without a literal that is near each match, "
                                 "every text is searched for the pattern");
    else if (std::find(words.begin(), words.end(), "") != words.end())
      c.fail(path + ".keywords", "expected literals that are not empty");
  }
}

/// The type of relay that speaks to a chat's own hook; empty: it is no chat's.
std::string_view chat_of_hook(std::string_view url) {
  struct chat_address {
    std::string_view part;
    std::string_view advice;
  };
  static constexpr std::array addresses{
      chat_address{"://hooks.slack.com/",
                   "Slack's: use type = \"slack-webhook\" with what stands "
                   "behind /services/ as token"},
      chat_address{"/open-apis/bot/v2/hook/",
                   "Lark's or Feishu's: use type = \"lark-bot\" with its end "
                   "as token"},
      chat_address{"://oapi.dingtalk.com/robot/send",
                   "DingTalk's: use type = \"dingtalk\" with its access_token "
                   "as token"},
      chat_address{"://qyapi.weixin.qq.com/cgi-bin/webhook/",
                   "WeCom's: use type = \"wecom\" with its key as token"},
      chat_address{"://api.telegram.org/",
                   "Telegram's: use type = \"telegram\" with the bot's token"},
      chat_address{".webhook.office.com/",
                   "Microsoft Teams', which takes no signed envelope"},
      chat_address{".logic.azure.com",
                   "Microsoft Teams', which takes no signed envelope"},
      chat_address{"://discord.com/api/webhooks/",
                   "Discord's: use type = \"discord\" with its end (ID/TOKEN) "
                   "as token"},
  };
  for (const auto& one : addresses)
    if (url.find(one.part) != url.npos)
      return one.advice;
  return {};
}

void check_hook_secret(const checker& c, std::string_view secret,
                       const std::string& path) {
  constexpr std::string_view prefix = "whsec_";
  constexpr std::size_t least_bytes = 24;
  if (!secret.starts_with(prefix)) {
    c.warn(path, "expected whsec_ and base64, which is what receivers of "
                 "signed webhooks are given");
    return;
  }
  const auto key = telltale::text::decode_base64(secret.substr(prefix.size()));
  if (!key)
    c.fail(path, "expected base64 behind whsec_: copy the secret again from "
                 "the receiver");
  else if (key->size() < least_bytes)
    c.fail(path, "expected at least 24 bytes behind whsec_, and there are "
                     + std::to_string(key->size())
                     + ": make one by `echo whsec_$(openssl rand -base64 24)`");
}

void check_relay(const checker& c, const std::string& name,
                 const relay_config& x) {
  const auto path = joined("relays", name);
  if (name.empty() || name.size() > 64
      || name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-")
             != name.npos)
    c.fail(path, "expected a name of 1 to 64 characters of a-z, 0-9 and -");
  const auto need = [&](bool there, const char* what) {
    if (!there)
      c.fail(path, "expected " + std::string{what} + ", which a relay of type "
                       + x.type + " needs");
  };
  c.http_url(x.base_url, path + ".base_url");
  c.http_url(x.url, path + ".url");
  c.one_line(x.token, path + ".token");
  c.one_line(x.app_secret, path + ".app_secret");
  c.one_line(x.sign_secret, path + ".sign_secret");
  if (x.type.empty()) {
    // A type that is not one has been told already.
    if (c.where(path + ".type") == c.where(path))
      c.fail(path, "expected type = \"octo\", \"lark\", \"lark-bot\", "
                   "\"slack\", \"slack-webhook\", \"discord\", "
                   "\"dingtalk\", \"wecom\", \"telegram\" or \"webhook\"");
  } else if (x.type == "octo") {
    need(!x.base_url.empty(), "base_url");
    need(c.given(x.token, path + ".token"), "token");
  } else if (x.type == "lark") {
    need(!x.base_url.empty() || !x.region.empty(), "region or base_url");
    need(!x.app_id.empty(), "app_id");
    need(c.given(x.app_secret, path + ".app_secret"), "app_secret");
  } else if (x.type != "webhook") {
    need(c.given(x.token, path + ".token"), "token");
  } else {
    need(!x.url.empty(), "url");
    bool signs = !x.secrets.empty();
    for (const auto& missing : c.read.missing_secrets)
      signs = signs || missing.path.starts_with(path + ".secrets[");
    need(signs, "at least one of secrets");
    for (const auto& key : x.secrets)
      check_hook_secret(c, key.reveal(), path + ".secrets");
    if (const auto chat = chat_of_hook(x.url); !chat.empty())
      c.fail(path + ".url", "expected a receiver of signed webhooks; this is "
                                + std::string{chat});
  }
}

/// Is it a relay, and does it have chats if there is one?
void check_target(const checker& c, const settings& x,
                  const route_target_config& to, const std::string& path) {
  const auto relay = x.relays.find(to.relay);
  if (to.relay.empty() || relay == x.relays.end())
    c.fail(path + ".relay",
           "expected the name of a relay of [relays], and "
               + (to.relay.empty() ? "there is none"
                                   : shown(to.relay) + " is none"));
  else if ((relay->second.type == "webhook") != to.chat_id.empty())
    c.fail(path + ".chat_id", to.chat_id.empty()
                                  ? "expected the chat that is told"
                                  : "expected none: a webhook has no chats");
}

void check_routes(const checker& c, const settings& x) {
  for (std::size_t i = 0; i < x.routes.size(); ++i) {
    const auto path = "routes[" + std::to_string(i) + ']';
    const auto& to = x.routes[i].to;
    if (to.empty())
      c.fail(path + ".to", "expected at least one { relay = \"NAME\", chat_id "
                           "= \"CHAT\" }");
    for (std::size_t k = 0; k < to.size(); ++k)
      check_target(c, x, to[k], path + ".to[" + std::to_string(k) + ']');
  }
  for (const auto& [name, relay] : x.relays)
    if (!relay.default_chat.empty() && relay.type == "webhook")
      c.fail(joined("relays", name) + ".default_chat",
             "expected none: a webhook has no chats");
}

void check_workspaces(const checker& c, const text_table& workspaces) {
  constexpr std::size_t longest = 128;
  const auto fits = [](const std::string& text) {
    return !text.empty() && text.size() <= longest
           && std::none_of(text.begin(), text.end(), [](char x) {
                return static_cast<unsigned char>(x) < 0x20U;
              });
  };
  for (const auto& [id, name] : workspaces)
    if (!fits(id) || !fits(name))
      c.fail(joined("runners.workspaces", id),
             "expected an id and a name of 1 to 128 characters");
}

void check_log(const checker& c, const log_config& x) {
  static const std::set<std::string_view> levels{"trace", "debug", "info",
                                                 "warn",  "error", "off"};
  for (const auto& entry : x.actors) {
    const auto equals = entry.find('=');
    if (equals == 0 || equals == entry.npos
        || !levels.contains(std::string_view{entry}.substr(equals + 1)))
      c.fail("log.actors", "expected name=level, such as \"reaper=debug\"");
  }
}

/// Whether the rest of the configuration makes use of a secret.
bool in_use(const settings& x, const std::string& path) {
  if (path == "database.url")
    return x.database.mode == "url";
  for (const auto& [name, relay] : x.relays) {
    const auto prefix = joined("relays", name) + '.';
    if (!path.starts_with(prefix))
      continue;
    const auto key = std::string_view{path}.substr(prefix.size());
    return (key == "token" && relay.type != "lark" && relay.type != "webhook")
           || (key == "sign_secret"
               && (relay.type == "dingtalk" || relay.type == "lark-bot"))
           || (key == "app_secret" && relay.type == "lark")
           || (key.starts_with("secrets") && relay.type == "webhook");
  }
  return true;
}

} // namespace

void cross_check(load_result& read,
                 const std::function<origin(std::string)>& where) {
  const checker c{read, where};
  auto& x = read.values;
  check_http(c, x.http, x.auth);
  check_tokens(c, x.auth.runner_tokens, "auth.runner_tokens");
  check_tokens(c, x.auth.operator_tokens, "auth.operator_tokens");
  if (x.database.mode == "url" && !c.given(x.database.url, "database.url"))
    c.fail("database.url", "expected a connection string, since mode is url");
  if (x.database.data_dir.empty())
    c.fail("database.data_dir", "expected a folder");
  check_redaction(c, x.redaction);
  for (const auto& [name, relay] : x.relays)
    check_relay(c, name, relay);
  for (const auto& [name, reason] : x.retry.reasons)
    if (name.empty() || name.size() > 64
        || name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_.")
               != name.npos)
      c.fail(joined("retry.reasons", name),
             "expected a reason of 1 to 64 characters of a-z, 0-9, _ and .");
  check_routes(c, x);
  check_workspaces(c, x.runners.workspaces);
  check_log(c, x.log);
  for (auto& missing : read.missing_secrets) {
    missing.in_use = in_use(x, missing.path);
    read.warnings.push_back({missing.where, missing.path,
                             "the variable " + missing.variable
                                 + " is not set; the service will not start "
                                   "without it"});
    if (!missing.in_use)
      read.warnings.back().text =
          "the variable " + missing.variable + " is not set";
  }
}

} // namespace telltale::config
