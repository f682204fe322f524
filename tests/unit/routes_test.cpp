// libs: telltale_persistence
#define CAF_SUITE unit.routes

#include <string>
#include <vector>

#include "actors/persistence/lifecycle/routes.hpp"

#include <caf/test/dsl.hpp>

using namespace telltale;

namespace {

chat_binding chat(const std::string& relay, const std::string& id) {
  chat_binding result;
  result.relay = relay;
  result.chat_id = id;
  return result;
}

routed_task task(const std::string& kind,
                 std::optional<std::string> reason = "timeout",
                 const std::string& labels = "null") {
  return {kind, std::move(reason), "w1", labels};
}

/// `relay/chat:via`, one after the other.
std::string told(const routed_task& what,
                 const std::optional<chat_binding>& session,
                 const chat_routing& rules) {
  std::string result;
  for (const auto& [to, via] : choose_chats(what, session, rules))
    result += to.relay + '/' + to.chat_id + ':' + to_string(via) + ' ';
  return result;
}

} // namespace

CAF_TEST(a pattern fits whole texts) {
  struct row {
    const char* pattern;
    const char* text;
    bool fits;
  };
  const std::vector<row> table{
      {"deploy-*", "deploy-a", true},
      {"deploy-*", "deploy-", true},
      {"deploy-*", "redeploy-a", false},
      {"*", "", true},
      {"?", "a", true},
      {"?", "", false},
      {"a*b*c", "aXbXbXc", true},
      {"a*b*c", "aXbX", false},
      {"", "", true},
      {"", "a", false},
      {"agent_error.*", "agent_error.context_overflow", true},
      {"*.*", "timeout", false},
      {"Deploy", "deploy", false}};
  for (const auto& [pattern, text, wanted] : table) {
    CAF_MESSAGE(pattern << " and " << text);
    CAF_CHECK_EQUAL(fits_pattern(pattern, text), wanted);
  }
  CAF_MESSAGE("many stars take no time without end");
  std::string stars;
  for (int i = 0; i < 200; ++i)
    stars += "*a";
  CAF_CHECK(!fits_pattern(stars, std::string(2'000, 'a') + "b"));
}

CAF_TEST(all patterns of a route must fit) {
  const auto fit = [](route_match match, const routed_task& what) {
    return fits(match, what);
  };
  CAF_CHECK(fit({}, task("build")));
  CAF_CHECK(fit({"build", "time*", "w?", {}}, task("build")));
  CAF_CHECK(!fit({"build", "agent*", "", {}}, task("build")));
  CAF_CHECK(!fit({"build", "", "w2", {}}, task("build")));
  CAF_MESSAGE("any reason may come to what has not failed");
  CAF_CHECK(fit({"build", "agent*", "", {}}, task("build", std::nullopt)));
  CAF_MESSAGE("labels");
  const auto labelled = task("b", "timeout", R"({"team":"x","tier":2})");
  CAF_CHECK(fit({"", "", "", {{"team", "x"}}}, labelled));
  CAF_CHECK(fit({"", "", "", {{"team", "*"}, {"tier", "2"}}}, labelled));
  CAF_CHECK(!fit({"", "", "", {{"team", "y"}}}, labelled));
  CAF_CHECK(!fit({"", "", "", {{"owner", "*"}}}, labelled));
  CAF_CHECK(!fit({"", "", "", {{"team", "*"}}}, task("b")));
  CAF_CHECK(!fit({"", "", "", {{"team", "*"}}}, task("b", "timeout", "[1]")));
}

CAF_TEST(the own session comes first then routes then default chats) {
  chat_routing rules;
  rules.routes = {{{"deploy-*", "", "", {}}, {chat("lark", "ops")}, true},
                  {{"", "agent*", "", {}}, {chat("octo", "agents")}, false},
                  {{"*-prod", "", "", {}},
                   {chat("lark", "prod"), chat("hook", "")},
                   false}};
  rules.default_chats = {chat("lark", "rest")};
  CAF_CHECK_EQUAL(told(task("deploy-x"), chat("slack", "own"), rules),
                  "slack/own:session ");
  CAF_CHECK_EQUAL(told(task("build"), std::nullopt, rules),
                  "lark/rest:default ");
  CAF_MESSAGE("a route that goes on lets the ones behind it be asked");
  CAF_CHECK_EQUAL(told(task("deploy-x"), std::nullopt, rules),
                  "lark/ops:route ");
  CAF_CHECK_EQUAL(told(task("deploy-prod"), std::nullopt, rules),
                  "lark/ops:route lark/prod:route hook/:route ");
  CAF_MESSAGE("the first that fits and does not go on is the last");
  CAF_CHECK_EQUAL(
      told(task("deploy-prod", "agent_error.x"), std::nullopt, rules),
      "lark/ops:route octo/agents:route ");
  CAF_MESSAGE("before it failed: all that a reason could bring");
  CAF_CHECK_EQUAL(told(task("deploy-prod", std::nullopt), std::nullopt, rules),
                  "lark/ops:route octo/agents:route lark/prod:route "
                  "hook/:route ");
  CAF_MESSAGE("nobody");
  CAF_CHECK_EQUAL(told(task("build"), std::nullopt, {}), "");
}

CAF_TEST(each chat is told once) {
  chat_routing rules;
  rules.routes = {{{}, {chat("lark", "a"), chat("lark", "a")}, true},
                  {{}, {chat("lark", "a"), chat("octo", "a")}, false}};
  CAF_CHECK_EQUAL(told(task("x"), std::nullopt, rules),
                  "lark/a:route octo/a:route ");
}

CAF_TEST(labels are read only for rules that look at them) {
  chat_routing rules;
  rules.routes = {{{"x", "", "", {}}, {}, false}};
  CAF_CHECK(!reads_labels(rules));
  rules.routes.push_back({{"", "", "", {{"team", "x"}}}, {}, false});
  CAF_CHECK(reads_labels(rules));
}
