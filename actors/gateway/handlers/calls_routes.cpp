#include <utility>

#include "actors/gateway/handlers/calls.hpp"
#include "actors/gateway/wire/wire_routes.hpp"

namespace telltale {

void on_list_routes(gateway_self self, http_call& call) {
  const auto reply = reply_of(call);
  self->request(self->state.peers.chats, read_patience, ask_routes{})
      .then(
          [reply](const routes_told& told) {
            reply->respond(json_answer(200, write_routes(told.now)));
          },
          fail_to(reply));
}

void on_test_routes(gateway_self self, http_call& call) {
  const auto reply = reply_of(call);
  auto what = parse_ask_routes(call.body);
  if (!what) {
    reply->respond(problem_of(what.error()));
    return;
  }
  self->request(self->state.peers.chats, read_patience, std::move(*what))
      .then(
          [reply](const routes_told& told) {
            reply->respond(json_answer(200, write_route_tells(told)));
          },
          fail_to(reply));
}

} // namespace telltale
