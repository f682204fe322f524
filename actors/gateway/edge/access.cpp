#include "actors/gateway/edge/access.hpp"

#include <algorithm>
#include <charconv>
#include <stdexcept>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>

#include "text/ascii.hpp"
#include "text/base64.hpp"

namespace telltale {

namespace {

using text::trimmed;

constexpr std::string_view attempt_prefix = "tta2.";
/// Of an attempt's token: the task, the number, the runner's id, the code.
constexpr std::size_t task_bytes = 16;
constexpr std::size_t runner_at = task_bytes + 4;
constexpr std::size_t code_bytes = 32;
constexpr std::size_t longest_runner = 512; // 128 characters
/// Daemons take a token for one of an attempt only if it begins so.
constexpr std::string_view daemon_prefix = "mat_";

std::array<unsigned char, 32> sha256(std::string_view text) {
  std::array<unsigned char, 32> hash{};
  SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(),
         hash.data());
  return hash;
}

std::string hmac(std::string_view key, std::string_view text) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> mac{};
  unsigned length = 0;
  HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
       reinterpret_cast<const unsigned char*>(text.data()), text.size(),
       mac.data(), &length);
  return {reinterpret_cast<const char*>(mac.data()), length};
}

bool equal_in_constant_time(std::string_view a, std::string_view b) {
  return a.size() == b.size()
         && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

std::array<unsigned char, 32> read_digest(const config::token_config& token) {
  if (token.sha256.empty())
    return sha256(token.token.reveal());
  std::array<unsigned char, 32> hash{};
  if (token.sha256.size() != 2 * hash.size())
    throw std::invalid_argument("token " + token.name
                                + ": sha256 must have 64 hex digits");
  for (std::size_t i = 0; i < hash.size(); ++i) {
    const char* at = token.sha256.data() + 2 * i;
    const auto [end, error] = std::from_chars(at, at + 2, hash[i], 16);
    if (error != std::errc{} || end != at + 2)
      throw std::invalid_argument("token " + token.name
                                  + ": sha256 must be hex");
  }
  return hash;
}

bool same_text(std::string_view a, std::string_view b) {
  const auto lower = [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  };
  if (a.size() != b.size())
    return false;
  for (std::size_t i = 0; i < a.size(); ++i)
    if (lower(a[i]) != lower(b[i]))
      return false;
  return true;
}

std::optional<std::string_view> bearer_token(const http::request& what) {
  const auto header = what.find("authorization");
  constexpr std::string_view scheme = "bearer ";
  if (!header || header->size() < scheme.size()
      || !same_text(header->substr(0, scheme.size()), scheme))
    return std::nullopt;
  return trimmed(header->substr(scheme.size()));
}

/// What the scopes of an operator's token allow; none at all: what there is.
void grant(principal& who, const std::vector<std::string>& scopes) {
  const auto has = [&](std::string_view word) {
    return std::ranges::find(scopes, word) != scopes.end();
  };
  const bool all = scopes.empty() || has("admin");
  who.read = all || has("read");
  who.write = all || has("write");
  who.create = who.write || has("create");
  who.dispatch = who.write || has("dispatch");
}

} // namespace

std::string_view to_string(scope what) noexcept {
  switch (what) {
  case scope::open:
    return "open";
  case scope::runner:
    return "runner";
  case scope::read:
    return "read";
  case scope::write:
    return "write";
  case scope::create:
    return "create";
  case scope::dispatch:
    return "dispatch";
  }
  return "write";
}

bool may(const principal& who, scope what) noexcept {
  switch (what) {
  case scope::open:
    return true;
  case scope::runner:
    return who.runner;
  case scope::read:
    return who.read;
  case scope::write:
    return who.write;
  case scope::create:
    return who.create;
  case scope::dispatch:
    return who.dispatch || who.create;
  }
  return false;
}

std::string attempt_token(std::string_view key, const task_id& task,
                          std::uint32_t attempt, const runner_id& runner) {
  std::string bytes{reinterpret_cast<const char*>(task.value.bytes.data()),
                    task.value.bytes.size()};
  for (const unsigned shift : {24U, 16U, 8U, 0U})
    bytes.push_back(static_cast<char>((attempt >> shift) & 255U));
  bytes += runner.value;
  bytes += hmac(key, bytes);
  return std::string{attempt_prefix} + text::encode_base64url(bytes);
}

std::string daemon_token(std::string_view key, const task_id& task,
                         std::uint32_t attempt, const runner_id& runner) {
  return std::string{daemon_prefix} + attempt_token(key, task, attempt, runner);
}

access_rules::access_rules(const config::auth_config& auth,
                           std::string attempt_key)
    : attempt_key_(std::move(attempt_key)) {
  if (attempt_key_.empty())
    throw std::invalid_argument("the key of claims' tokens is empty");
  for (const auto& token : auth.runner_tokens)
    add(token, true);
  for (const auto& token : auth.operator_tokens)
    add(token, false);
}

void access_rules::add(const config::token_config& token, bool runner) {
  entry fresh;
  fresh.hash = read_digest(token);
  fresh.who.name = token.name;
  fresh.who.runner = runner;
  // Part of a digest tells nothing of its token.
  for (std::size_t i = 0; i < sizeof fresh.who.token; ++i)
    fresh.who.token = (fresh.who.token << 8U) | fresh.hash[i];
  if (!runner)
    grant(fresh.who, token.scopes);
  // One token in both lists may do what either allows.
  for (auto& known : tokens_)
    if (known.hash == fresh.hash) {
      for (const auto right :
           {&principal::runner, &principal::read, &principal::write,
            &principal::create, &principal::dispatch})
        known.who.*right = known.who.*right || fresh.who.*right;
      return;
    }
  tokens_.push_back(std::move(fresh));
}

std::optional<principal> access_rules::identify(std::string_view token) const {
  if (token.starts_with(daemon_prefix)
      && token.substr(daemon_prefix.size()).starts_with(attempt_prefix))
    token.remove_prefix(daemon_prefix.size());
  if (token.starts_with(attempt_prefix)) {
    const auto bytes =
        text::decode_base64url(token.substr(attempt_prefix.size()));
    if (!bytes || bytes->size() < runner_at + code_bytes
        || bytes->size() > runner_at + longest_runner + code_bytes)
      return std::nullopt;
    const std::string_view all{*bytes};
    const auto said = all.substr(0, all.size() - code_bytes);
    if (!equal_in_constant_time(all.substr(said.size()),
                                hmac(attempt_key_, said)))
      return std::nullopt;
    principal who;
    who.name = "attempt";
    who.runner = true;
    task_id task;
    for (std::size_t i = 0; i < task_bytes; ++i)
      task.value.bytes[i] = static_cast<std::uint8_t>(said[i]);
    for (std::size_t i = task_bytes; i < runner_at; ++i)
      who.attempt = (who.attempt << 8U) | static_cast<std::uint8_t>(said[i]);
    who.task = task;
    who.attempt_runner = runner_id{std::string{said.substr(runner_at)}};
    return who;
  }
  const auto hash = sha256(token);
  const principal* found = nullptr;
  for (const auto& known : tokens_)
    if (CRYPTO_memcmp(known.hash.data(), hash.data(), hash.size()) == 0)
      found = &known.who;
  return found == nullptr ? std::nullopt : std::optional{*found};
}

std::optional<principal> access_rules::caller(const http::request& what) const {
  if (const auto token = bearer_token(what)) {
    if (auto who = identify(*token))
      return who;
    if (!open())
      return std::nullopt;
  }
  if (open()) {
    principal everybody;
    everybody.runner = everybody.read = everybody.write = true;
    everybody.create = everybody.dispatch = true;
    return everybody;
  }
  if (what.find("authorization"))
    return std::nullopt;
  const auto session = find_session_id(what);
  if (!session)
    return std::nullopt;
  principal who;
  who.by_cookie = true;
  who.session = hash_of_session(*session);
  return who;
}

std::optional<principal> access_rules::holder(std::uint64_t token) const {
  const auto found = std::ranges::find(
      tokens_, token, [](const entry& known) { return known.who.token; });
  return found == tokens_.end() ? std::nullopt : std::optional{found->who};
}

bool has_token(const http::request& what) {
  return what.find("authorization") || find_session_id(what);
}

std::optional<std::string> find_cookie(const http::request& what,
                                       std::string_view name) {
  for (const auto& header : what.headers) {
    if (!same_text(header.name, "cookie"))
      continue;
    std::string_view rest{header.value};
    while (!rest.empty()) {
      const auto end = rest.find(';');
      const auto pair = trimmed(rest.substr(0, end));
      rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
      const auto equals = pair.find('=');
      if (equals != std::string_view::npos && pair.substr(0, equals) == name)
        return std::string{pair.substr(equals + 1)};
    }
  }
  return std::nullopt;
}

bool is_same_origin(const http::request& what, bool by_cookie) {
  const auto site = what.find("sec-fetch-site");
  const auto origin = what.find("origin");
  if (!site && !origin)
    return !by_cookie;
  if (site && *site != "same-origin" && *site != "none")
    return false;
  if (!origin)
    return true;
  const auto host = what.find("host");
  const auto scheme_end = origin->find("://");
  return host && scheme_end != std::string_view::npos
         && same_text(origin->substr(scheme_end + 3), *host);
}

} // namespace telltale
