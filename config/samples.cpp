#include <array>
#include <utility>

#include "config/describe.hpp"

namespace telltale::config {

namespace {

// A default of a list is empty, which would show nobody how to fill it. A test
// reads all of these, so that none can name an option that is gone.
constexpr std::array<std::pair<std::string_view, std::string_view>, 9> samples{{
    {"auth.runner_tokens",
     R"(runner_tokens = [ { name = "fleet", token = { env = "TELLTALE_RUNNER_TOKEN" } } ])"},
    {"auth.operator_tokens",
     R"(operator_tokens = [
  { name = "ops", scopes = ["read", "write"], token = { env = "TELLTALE_OPERATOR_TOKEN" } },
  { name = "viewer", scopes = ["read"], sha256 = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08" },
])"},
    {"database.url", R"(url = { env = "TELLTALE_DATABASE_URL" })"},
    {"runners.workspaces",
     R"(workspaces = { team-a = "Team A", team-b = "Team B" })"},
    {"redaction.known_secrets",
     R"(known_secrets = [ { name = "deploy", value = { env = "TELLTALE_KNOWN_SECRET" } } ])"},
    {"redaction.patterns",
     R"(patterns = [ { name = "ticket", keywords = ["TCK-"], regex = "TCK-[0-9]{6}" } ])"},
    {"retry.reasons",
     R"([retry.reasons."agent_error.provider_network"]
attempts = 3
base = "5s"
factor = 2.0
cap = "5m")"},
    {"relays",
     R"([relays.octo-main]
type = "octo"
base_url = "https://octo.example"
token = { env = "OCTO_BOT_TOKEN" }
locale = "zh-CN"

[relays.lark-main]
type = "lark"
region = "feishu"
app_id = "cli_a1b2c3"
app_secret = { env = "LARK_APP_SECRET" }

[relays.audit]
type = "webhook"
url = "https://hooks.example/telltale"
secrets = [ { env = "HOOK_SECRET" } ]
events = ["task:failed", "task:amended", "task:recovered"])"},
    {"routes",
     R"([[routes]]
match = { kind = "deploy-*", reason = "agent_error.*", labels = { team = "web" } }
to = [ { relay = "lark-main", chat_id = "oc_ops" } ]
continue = false)"},
}};

} // namespace

std::string_view sample_of(std::string_view path) {
  for (const auto& [name, lines] : samples)
    if (name == path)
      return lines;
  return {};
}

} // namespace telltale::config
