#include "commands/exec/exec_mask.hpp"

#include <cctype>
#include <memory>

#include <unistd.h>

#include "actors/redaction/engine.hpp"

namespace telltale::commands {

namespace {

/// Shorter values are words, not secrets.
constexpr std::size_t least_secret = 8;

constexpr std::string_view secret_words[] = {
    "TOKEN",   "SECRET",     "PASSWORD",    "PASSWD",    "PASSPHRASE",
    "API_KEY", "ACCESS_KEY", "PRIVATE_KEY", "CREDENTIAL"};

bool sounds_secret(std::string_view name) {
  std::string upper;
  for (char c : name)
    upper += static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  for (auto word : secret_words)
    if (upper.find(word) != std::string::npos)
      return true;
  return false;
}

void add(config::redaction_config& to, std::string_view name,
         std::string_view value) {
  if (value.size() < least_secret)
    return;
  config::known_secret_config one;
  one.name = name;
  one.value = config::secret{std::string{value}};
  to.known_secrets.push_back(std::move(one));
}

} // namespace

std::function<std::string(std::string_view)>
local_mask(const service_address& service) {
  config::redaction_config options;
  options.store_bytes = 1'048'576; // the cut is made later, by whole lines
  add(options, "runner token", service.runner_token);
  add(options, "operator token", service.operator_token);
  for (auto entry = environ; *entry != nullptr; ++entry) {
    std::string_view text{*entry};
    auto sign = text.find('=');
    if (sign != std::string_view::npos && sounds_secret(text.substr(0, sign))
        && text[sign + 1 < text.size() ? sign + 1 : sign] != '/')
      add(options, text.substr(0, sign), text.substr(sign + 1));
  }
  auto engine = std::make_shared<const redaction_engine>(options);
  return [engine](std::string_view text) {
    return engine->redact(text, redaction_profile::store).text;
  };
}

} // namespace telltale::commands
