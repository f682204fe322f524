#include <utility>

#include "actors/gateway/handlers/calls.hpp"
#include "actors/gateway/wire/wire_causes.hpp"
#include "actors/gateway/wire/wire_stats.hpp"

namespace telltale {

namespace {

/// A count over a million rows takes its time; it has an actor to itself.
constexpr std::chrono::seconds count_patience{30};

} // namespace

void on_read_stats(gateway_self self, http_call& call) {
  const auto reply = reply_of(call);
  auto what = parse_read_stats(call.query);
  if (!what) {
    reply->respond(problem_of(what.error()));
    return;
  }
  const auto asked = *what;
  what->ticket = ticket_of(self, reply, count_patience);
  self->request(self->state.peers.statistics, count_patience, std::move(*what))
      .then(
          [reply, asked](const stats_read& found) {
            reply->respond(json_answer(200, write_stats(asked, found)));
          },
          fail_to(reply));
}

void on_list_causes(gateway_self self, http_call& call) {
  const auto reply = reply_of(call);
  auto what = parse_list_causes(call.query);
  if (!what) {
    reply->respond(problem_of(what.error()));
    return;
  }
  what->ticket = ticket_of(self, reply, count_patience);
  self->request(self->state.peers.statistics, count_patience, std::move(*what))
      .then(
          [reply](const causes_listed& found) {
            reply->respond(json_answer(200, write_causes(found)));
          },
          fail_to(reply));
}

void on_read_cause(gateway_self self, http_call& call) {
  const auto reply = reply_of(call);
  if (!is_fingerprint(call.path.front())) {
    reply->respond(problem(ec::cause_not_found));
    return;
  }
  auto what = parse_read_cause(call.path.front(), call.query);
  if (!what) {
    reply->respond(problem_of(what.error()));
    return;
  }
  what->ticket = ticket_of(self, reply, count_patience);
  self->request(self->state.peers.statistics, count_patience, std::move(*what))
      .then(
          [reply](const causes_listed& found) {
            reply->respond(
                found.causes.empty()
                    ? problem(ec::cause_not_found)
                    : json_answer(200, write_cause(found.causes.front())));
          },
          fail_to(reply));
}

void on_list_runners(gateway_self self, http_call& call) {
  const auto reply = reply_of(call);
  auto what = parse_list_runners(call.query);
  if (!what) {
    reply->respond(problem_of(what.error()));
    return;
  }
  what->silence = self->state.options.runner_silence;
  what->ticket = ticket_of(self, reply, count_patience);
  self->request(self->state.peers.statistics, count_patience, std::move(*what))
      .then(
          [reply](const runners_listed& found) {
            reply->respond(json_answer(200, write_runners(found)));
          },
          fail_to(reply));
}

} // namespace telltale
