#include "actors/gateway/edge/edge_session.hpp"

#include <string>

#include <boost/json.hpp>

#include "actors/gateway/edge/request_policy.hpp"
#include "actors/gateway/handlers/calls.hpp"

namespace telltale {

namespace {

http::response describe_session(const access_rules& access,
                                const http::request& what) {
  const auto who = access.caller(what);
  return json_answer(200, boost::json::serialize(boost::json::object{
                              {"open", access.open()},
                              {"signed_in", who.has_value()},
                              {"read", who && who->read},
                              {"write", who && who->write}}));
}

/// The cookie keeps this token; an empty one ends the session.
http::response keep_token(std::string_view token, bool secure) {
  http::response done;
  done.status = 204;
  done.headers.push_back({"Cache-Control", "no-store"});
  done.headers.push_back({"Set-Cookie", session_cookie_header(token, secure)});
  return done;
}

} // namespace

http::response session_answer(const access_rules& access, call asked,
                              const http::request& what) {
  if (asked == call::read_session)
    return describe_session(access, what);
  if (!is_same_origin(what, false))
    return problem(ec::forbidden);
  if (asked == call::close_session)
    return keep_token({}, what.secure);
  if (!is_json(what))
    return problem(ec::unsupported_media_type);
  const auto token = parse_session(what.body);
  if (!token)
    return problem_of(token.error());
  if (access.open())
    return keep_token({}, what.secure);
  const auto who = access.identify(*token);
  if (!who || !who->read)
    return problem(who ? ec::forbidden : ec::unauthorized);
  return keep_token(*token, what.secure);
}

} // namespace telltale
