// libs: telltale_relay
#define CAF_SUITE unit.circuit

#include <vector>

#include "actors/relay/delivery/circuit.hpp"

#include <caf/test/dsl.hpp>

using namespace std::chrono_literals;
using namespace telltale;

namespace {

/// What a circuit is told and how it then stands.
struct circuit_row {
  enum class what : std::uint8_t { fails, answers, throttles, looks };
  std::chrono::milliseconds at;
  what happened;
  const char* chat;
  bool open_for_all;
  std::int64_t wait; ///< of that chat
};

void run_circuit(const std::vector<circuit_row>& rows) {
  using what = circuit_row::what;
  circuit breaker;
  for (const auto& row : rows) {
    const auto now = steady_time{} + 1h + row.at;
    if (row.happened == what::fails)
      static_cast<void>(breaker.failed(row.chat, now, now));
    else if (row.happened == what::answers)
      breaker.answered(row.chat, now);
    else if (row.happened == what::throttles)
      breaker.throttled(row.chat);
    CAF_MESSAGE("at " << row.at.count() << " ms, chat " << row.chat);
    CAF_CHECK_EQUAL(breaker.is_open(), row.open_for_all);
    CAF_CHECK_EQUAL(breaker.wait(row.chat, now).count(), row.wait);
  }
}

constexpr auto fails = circuit_row::what::fails;
constexpr auto answers = circuit_row::what::answers;
constexpr auto throttles = circuit_row::what::throttles;
constexpr auto looks = circuit_row::what::looks;

std::vector<circuit_row> seven_failures(const char* other = "b") {
  std::vector<circuit_row> rows;
  for (int i = 0; i < 7; ++i)
    rows.push_back({1ms, fails, i % 2 == 0 ? "a" : other, false, 0});
  return rows;
}

} // namespace

CAF_TEST(eight failures over two chats open the circuit and probes grow rarer) {
  auto rows = seven_failures();
  rows.insert(rows.end(), {
                              {2ms, fails, "b", true, 5000},
                              {2ms, looks, "c", true, 5000}, // everybody
                              {5002ms, looks, "c", true, 0}, // a probe
                              {5002ms, fails, "c", true, 10'000},
                              {15'002ms, fails, "a", true, 20'000},
                              {35'002ms, fails, "a", true, 40'000},
                              {75'002ms, fails, "a", true, 60'000},
                              {135'002ms, fails, "a", true, 60'000},
                              {195'002ms, answers, "a", false, 0},
                              {195'003ms, fails, "a", false, 0}, // from anew
                          });
  run_circuit(rows);
}

CAF_TEST(an answer within five seconds keeps the circuit closed) {
  std::vector<circuit_row> rows{{0ms, answers, "c", false, 0}};
  for (int i = 0; i < 20; ++i)
    rows.push_back({1s, fails, i % 2 == 0 ? "a" : "b", false, 0});
  rows.push_back({4999ms, fails, "a", false, 0});
  rows.push_back({5s, fails, "a", true, 5000});
  run_circuit(rows);
}

CAF_TEST(throttles neither open a circuit nor keep it closed) {
  auto rows = seven_failures();
  for (int i = 0; i < 20; ++i)
    rows.push_back({1ms, throttles, "a", false, 0});
  rows.push_back({2ms, fails, "a", true, 5000});
  CAF_MESSAGE("but a probe that is throttled has met somebody");
  rows.push_back({5002ms, throttles, "a", false, 0});
  run_circuit(rows);
}

CAF_TEST(a chat that fails by itself holds up no other) {
  auto rows = seven_failures("a");
  rows.insert(rows.end(), {
                              {1ms, fails, "a", false, 5000},
                              {1ms, looks, "b", false, 0},
                              {2ms, answers, "b", false, 0},
                              {2ms, looks, "a", false, 4999},
                              {3ms, fails, "b", false, 0},
                              {5001ms, fails, "a", false, 10'000},
                              {15'001ms, answers, "a", false, 0},
                          });
  run_circuit(rows);
}

CAF_TEST(a target without chats is one) {
  auto rows = seven_failures("");
  for (auto& row : rows)
    row.chat = "";
  rows.push_back({1ms, fails, "", true, 5000});
  run_circuit(rows);
}

CAF_TEST(what was under way when a circuit opened says nothing new) {
  circuit breaker;
  const auto now = steady_time{} + 1h;
  for (int i = 0; i < 8; ++i)
    static_cast<void>(breaker.failed("", now, now));
  CAF_CHECK(!breaker.failed("", now - 1s, now + 1s));
  CAF_CHECK_EQUAL(breaker.wait(now + 1s).count(), 4000);
}
