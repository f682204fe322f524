// libs: telltale_persistence
#define CAF_SUITE unit.targets

#include <string>
#include <vector>

#include "actors/persistence/lifecycle/targets.hpp"
#include "tests/support/sample_facts.hpp"

#include <caf/test/dsl.hpp>

using namespace telltale;
using test::make_facts;

CAF_TEST(people hear of final failures and of recoveries) {
  chat_binding chat;
  chat.relay = "chats";
  chat.chat_id = "c1";
  const std::vector<relay_target> relays{
      {"chats"},
      {"plain", false, {}},
      {"all",
       false,
       {event_type::task_created, event_type::task_failed,
        event_type::delivery_sent}},
      {"none", false, {event_type::task_cancelled}}};
  struct row {
    event_type type;
    bool will_retry;
    std::vector<std::string> told;
  };
  const std::vector<row> table{
      {event_type::task_failed, false, {"plain", "all", "chats"}},
      {event_type::task_failed, true, {"plain", "all"}},
      {event_type::task_recovered, false, {"plain", "chats"}},
      {event_type::task_created, false, {"all"}},
      {event_type::task_started, false, {}},
      {event_type::task_succeeded, false, {}},
      {event_type::task_cancelled, false, {"none"}},
      {event_type::delivery_sent, false, {}},
      {event_type::delivery_dead, false, {}}};
  for (const auto& [type, will_retry, wanted] : table) {
    auto facts = make_facts(type);
    facts.will_retry = will_retry;
    std::vector<std::string> told;
    for (const auto& target : choose_targets(facts, chat, relays)) {
      told.push_back(target.relay);
      CAF_CHECK_EQUAL(target.chat_id, target.relay == "chats" ? "c1" : "");
    }
    CAF_CHECK_EQUAL(told, wanted);
  }
  CAF_MESSAGE("a session that is bound to nothing has nobody to tell");
  CAF_CHECK(choose_targets(make_facts(), std::nullopt, {{"chats"}}).empty());
}
