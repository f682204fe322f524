#include <string>
#include <utility>

#include <boost/json.hpp>

#include "actors/gateway/edge/request_policy.hpp"
#include "actors/gateway/handlers/calls.hpp"

// Sessions of the page: whose they are, and how they begin and end.

namespace telltale {

namespace {

/// The holder of a token, as one whom a session stands for.
std::optional<principal> holder_of(gateway_self self,
                                   std::optional<std::uint64_t> token) {
  const auto& access = self->state.access;
  auto who = token && access ? access->holder(*token) : std::nullopt;
  if (who)
    who->by_cookie = true;
  return who;
}

/// Hands whoever has this session to `then`: nothing if nobody has.
template <class Then>
void with_holder(gateway_self self, const std::string& session,
                 const pending_reply_ptr& reply, Then then) {
  auto& state = self->state;
  if (const auto token = state.page_sessions.find(session, self->clock().now()))
    return then(holder_of(self, token));
  self->request(state.peers.page_sessions, read_patience, find_session{session})
      .then(
          [self, session,
           then = std::move(then)](const session_found& found) mutable {
            if (found.token)
              self->state.page_sessions.learn(session, *found.token,
                                              self->clock().now());
            then(holder_of(self, found.token));
          },
          fail_to(reply));
}

http::response describe_session(const principal& who, bool open) {
  const bool known =
      who.runner || who.read || who.write || who.create || who.dispatch;
  return json_answer(
      200, boost::json::serialize(boost::json::object{{"open", open},
                                                      {"signed_in", known},
                                                      {"read", who.read},
                                                      {"write", who.write}}));
}

/// The cookie keeps this session; an empty one ends it.
http::response keep_session(gateway_self self, const http_call& call,
                            std::string_view id) {
  const bool secure = call.secure || self->state.setup.behind_https;
  http::response done;
  done.status = 204;
  done.headers.push_back({"Cache-Control", "no-store"});
  done.headers.push_back({"Set-Cookie", session_cookie_header(id, secure)});
  return done;
}

} // namespace

void identify_caller(gateway_self self, http_call& message) {
  const auto reply = reply_of(message);
  const auto session = std::exchange(message.caller.session, {});
  with_holder(self, session, reply,
              [self, reply, message = std::move(message)](
                  std::optional<principal> who) mutable {
                const auto& row = operation_of(static_cast<call>(message.what));
                if (!who)
                  return reply->respond(problem(ec::unauthorized));
                if (!is_allowed(*who, row, message.path))
                  return reply->respond(problem(ec::forbidden));
                message.caller = std::move(*who);
                handle_call(self, message);
              });
}

void on_open_session(gateway_self self, http_call& call) {
  const auto reply = reply_of(call);
  // A service without tokens needs no session.
  if (call.caller.token == 0) {
    reply->respond(keep_session(self, call, {}));
    return;
  }
  auto id = make_session_id();
  auto answer = keep_session(self, call, id);
  self->request(self->state.peers.page_sessions, read_patience,
                begin_session{hash_of_session(id), call.caller.token})
      .then(
          [reply, answer = std::move(answer)](const session_begun&) mutable {
            reply->respond(std::move(answer));
          },
          fail_to(reply));
}

void on_read_session(gateway_self self, http_call& call) {
  const auto reply = reply_of(call);
  const bool open = self->state.access && self->state.access->open();
  if (call.caller.session.empty()) {
    reply->respond(describe_session(call.caller, open));
    return;
  }
  with_holder(self, call.caller.session, reply,
              [reply, open](const std::optional<principal>& who) {
                reply->respond(
                    describe_session(who.value_or(principal{}), open));
              });
}

void on_close_session(gateway_self self, http_call& call) {
  const auto reply = reply_of(call);
  const auto& session = call.caller.session;
  auto answer = keep_session(self, call, {});
  if (session.empty()) {
    reply->respond(std::move(answer));
    return;
  }
  self->state.page_sessions.forget(session);
  self->request(self->state.peers.page_sessions, read_patience,
                end_session{session})
      .then(
          [reply, answer = std::move(answer)](const session_ended&) mutable {
            reply->respond(std::move(answer));
          },
          fail_to(reply));
}

} // namespace telltale
