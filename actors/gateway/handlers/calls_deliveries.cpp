#include <algorithm>
#include <utility>

#include "actors/gateway/handlers/calls.hpp"
#include "actors/gateway/wire/wire_mutes.hpp"

// Deliveries: what is told, what could not be, and what operators hold back.

namespace telltale {

namespace {

/// Putting back what a long outage left dead touches many rows.
constexpr std::chrono::seconds requeue_patience{60};

bool knows_relay(gateway_self self, const std::string& name) {
  const auto& known = self->state.options.relays;
  return std::ranges::find(known, name) != known.end();
}

void wake_relays(gateway_self self, std::vector<std::string> names) {
  self->send(self->state.peers.relays, deliveries_waiting{std::move(names)});
}

void store_mute(gateway_self self, put_mute what,
                const pending_reply_ptr& reply) {
  self->request(self->state.peers.mutes, read_patience, std::move(what))
      .then(
          [self, reply](const mute_put& done) {
            reply->respond(json_answer(200, write_mute(done.mute)));
            wake_relays(self,
                        {done.mute.relay}); // it may end sooner than before
          },
          fail_to(reply));
}

} // namespace

void on_list_deliveries(gateway_self self, http_call& call) {
  const auto reply = reply_of(call);
  auto what = parse_list_deliveries(call.query);
  if (!what) {
    reply->respond(problem_of(what.error()));
    return;
  }
  what->ticket = ticket_of(self, reply, read_patience);
  self->request(self->state.peers.queries, read_patience, std::move(*what))
      .then(
          [reply](const deliveries_listed& page) {
            reply->respond(json_answer(200, write_deliveries(page)));
          },
          fail_to(reply));
}

void on_redeliver(gateway_self self, http_call& call) {
  const auto reply = reply_of(call);
  const auto id = parse_uuid(call.path.front());
  if (!id) {
    reply->respond(problem(ec::delivery_not_found));
    return;
  }
  self->request(self->state.peers.deliveries, read_patience,
                redeliver{delivery_id{*id}})
      .then(
          [self, reply](const redelivery_queued& queued) {
            reply->respond(json_answer(202, write_delivery(queued.delivery)));
            wake_relays(self, {queued.delivery.relay});
          },
          fail_to(reply));
}

void on_redeliver_dead(gateway_self self, http_call& call) {
  const auto reply = reply_of(call);
  auto what = parse_redeliver_dead(call.body);
  if (!what) {
    reply->respond(problem_of(what.error()));
    return;
  }
  if (what->relay && !knows_relay(self, *what->relay)) {
    reply->respond(problem(ec::unknown_relay));
    return;
  }
  self->request(self->state.peers.deliveries, requeue_patience,
                std::move(*what))
      .then(
          [self, reply](const dead_requeued& done) {
            reply->respond(json_answer(202, write_requeued(done)));
            wake_relays(self, done.relays);
          },
          fail_to(reply));
}

void on_list_mutes(gateway_self self, http_call& call) {
  const auto reply = reply_of(call);
  self->request(self->state.peers.mutes, read_patience,
                list_mutes{ticket_of(self, reply, read_patience)})
      .then(
          [reply](const mutes_listed& found) {
            reply->respond(json_answer(200, write_mutes(found)));
          },
          fail_to(reply));
}

void on_put_mute(gateway_self self, http_call& call) {
  const auto reply = reply_of(call);
  auto request = parse_mute(call.body, self->state.setup.now());
  if (!request) {
    reply->respond(problem_of(request.error()));
    return;
  }
  if (!knows_relay(self, request->what.relay)) {
    reply->respond(problem(ec::unknown_relay));
    return;
  }
  redact_texts question;
  question.texts.push_back(std::move(request->note));
  self->request(self->state.peers.redaction, caf::infinite, std::move(question))
      .then(
          [self, reply,
           what = std::move(request->what)](texts_redacted& clean) mutable {
            if (clean.texts.size() != 1) {
              reply->respond(problem(ec::internal_error));
              return;
            }
            what.note = std::move(clean.texts.front());
            store_mute(self, std::move(what), reply);
          },
          fail_to(reply));
}

void on_clear_mute(gateway_self self, http_call& call) {
  const auto reply = reply_of(call);
  auto what = parse_clear_mute(call.query);
  if (!what) {
    reply->respond(problem_of(what.error()));
    return;
  }
  const auto relay = what->relay;
  self->request(self->state.peers.mutes, read_patience, std::move(*what))
      .then(
          [self, reply, relay](const mute_cleared&) {
            http::response done;
            done.status = 204;
            reply->respond(std::move(done));
            wake_relays(self, {relay});
          },
          fail_to(reply));
}

} // namespace telltale
