// libs: telltale_persistence telltale_postgres_fixture
#define CAF_SUITE integration.replicas

#include <atomic>
#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/send.hpp>

#include "actors/persistence/stores/replicas.hpp"
#include "tests/support/event_world.hpp"

#include <caf/test/dsl.hpp>

using namespace telltale;
using namespace std::chrono_literals;

namespace {

struct heard {
  std::atomic<int> news{0};
  std::atomic<int> looks{0};
};

using listener = caf::typed_actor<caf::reacts_to<replica_published>>;

listener::behavior_type listen(listener::pointer, heard* what) {
  return {[what](const replica_published&) { ++what->news; }};
}

relay_actor::behavior_type count_looks(relay_actor::pointer, heard* what) {
  return {[](const notices_due&) {},
          [what](const deliveries_due&) { ++what->looks; },
          [](const request_answered&) {}, [](const relay_tick&) {}};
}

struct fixture : event_world {
  caf::actor_system_config settings;
  caf::actor_system system{settings};
  std::vector<caf::actor> all;
  heard first, second;

  ~fixture() {
    for (const auto& one : all)
      caf::anon_send_exit(one, caf::exit_reason::user_shutdown);
    system.await_all_actors_done();
  }

  template <class Handle> Handle keep(Handle one) {
    all.push_back(caf::actor_cast<caf::actor>(one));
    return one;
  }

  replicas_actor start(heard& what) {
    const auto stream = keep(system.spawn(listen, &what));
    const auto relay = keep(system.spawn(count_looks, &what));
    const auto one = keep(system.spawn(replicas, options_for(url()),
                                       replica_listener_handle{stream}));
    caf::anon_send(one, options_changed<running_relays>{
                            running_relays{{{"chats", relay}}}});
    return one;
  }

  template <class Condition> static bool wait(Condition holds) {
    for (int i = 0; i < 500 && !holds(); ++i)
      std::this_thread::sleep_for(20ms);
    return holds();
  }
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(replicas_tests, fixture)

CAF_TEST(replicas hear each other and not themselves) {
  const auto one = start(first);
  start(second);
  // The other may still be connecting: notify until it hears.
  CAF_CHECK(wait([&] {
    caf::anon_send(one, notify_replicas{false});
    return second.news > 0;
  }));
  CAF_CHECK_EQUAL(second.looks.load(), 0);
  CAF_MESSAGE("what waits for a relay is looked for here and there");
  caf::anon_send(one, deliveries_waiting{{"chats", "unknown"}});
  CAF_CHECK(wait([&] { return second.looks > 0; }));
  CAF_CHECK_EQUAL(first.looks.load(), 1);
  CAF_CHECK_EQUAL(first.news.load(), 0);
}

CAF_TEST_FIXTURE_SCOPE_END()
