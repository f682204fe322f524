// libs: telltale_persistence
#define CAF_SUITE unit.targets

#include <string>
#include <vector>

#include "actors/persistence/lifecycle/targets.hpp"
#include "tests/support/sample_facts.hpp"

#include <caf/test/dsl.hpp>

using namespace telltale;
using test::make_facts;

CAF_TEST(people hear of final failures and hooks of what they ask for) {
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
      // Chats hear of these if they were told before.
      {event_type::task_recovered, false, {"plain"}},
      {event_type::task_amended, false, {"plain"}},
      {event_type::task_amended, true, {"plain"}},
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
    for (const auto& target :
         choose_targets(facts, {{chat, told_via::session}}, relays)) {
      told.push_back(target.chat.relay);
      CAF_CHECK_EQUAL(target.chat.chat_id,
                      target.chat.relay == "chats" ? "c1" : "");
    }
    CAF_CHECK_EQUAL(told, wanted);
  }
  CAF_MESSAGE("a session that is bound to nothing has nobody to tell");
  CAF_CHECK(choose_targets(make_facts(), {}, {{"chats"}}).empty());
}

CAF_TEST(a hook that a route names is told once and counts as told) {
  const std::vector<relay_target> relays{{"all", false, {}}};
  chat_binding hook;
  hook.relay = "all";
  const auto told =
      choose_targets(make_facts(), {{hook, told_via::route}}, relays);
  CAF_REQUIRE_EQUAL(told.size(), 1u);
  CAF_CHECK(told[0].routed);
  CAF_CHECK(!choose_targets(make_facts(), {}, relays)[0].routed);
}

CAF_TEST(what corrects a failure goes once to each chat that hears of it) {
  using state = delivery_state;
  const auto earlier = [](const char* chat, state is, bool tried) {
    earlier_delivery one;
    one.id = delivery_id{make_uuid_v7()};
    one.chat.relay = "chats";
    one.chat.chat_id = chat;
    one.state = is;
    one.is_tried = tried;
    return one;
  };
  struct row {
    std::vector<earlier_delivery> earlier;
    std::string chats; ///< `!` where something may have been told
    std::size_t superseded;
    bool untold;
  };
  const std::vector<row> table{
      {{}, "", 0, true},
      {{earlier("a", state::pending, false)}, "a ", 1, false},
      {{earlier("a", state::pending, true)}, "a! ", 0, false},
      {{earlier("a", state::sent, false)}, "a! ", 0, false},
      {{earlier("a", state::dead, true)}, "", 0, false},
      {{earlier("a", state::superseded, false)}, "", 0, false},
      {{earlier("a", state::sent, false), earlier("a", state::pending, false),
        earlier("b", state::pending, false)},
       "a! b ",
       2,
       false},
      {{earlier("a", state::pending, false), earlier("a", state::sent, false)},
       "a! ",
       1,
       false},
  };
  for (const auto& r : table) {
    const auto follow = choose_follow_up(r.earlier);
    std::string chats;
    for (const auto& one : follow.chats)
      chats += one.chat.chat_id + (one.corrects ? "! " : " ");
    CAF_CHECK_EQUAL(chats, r.chats);
    CAF_CHECK_EQUAL(follow.superseded.size(), r.superseded);
    CAF_CHECK_EQUAL(follow.untold, r.untold);
  }
}
