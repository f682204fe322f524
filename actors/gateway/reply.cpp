#include "actors/gateway/reply.hpp"

#include <mutex>
#include <utility>

#include <boost/json.hpp>
#include <caf/send.hpp>
#include <spdlog/spdlog.h>

namespace telltale {

namespace {

http::response write_problem(unsigned status, std::string_view code,
                             std::string_view title, std::string_view detail) {
  http::response answer;
  answer.status = status;
  answer.headers.push_back({"Content-Type", "application/problem+json"});
  answer.headers.push_back({"Cache-Control", "no-store"});
  if (status == 401)
    answer.headers.push_back({"WWW-Authenticate", "Bearer realm=\"telltale\""});
  if (status == 503)
    answer.headers.push_back({"Retry-After", "1"});
  answer.body = boost::json::serialize(boost::json::object{{"title", title},
                                                           {"status", status},
                                                           {"detail", detail},
                                                           {"code", code}});
  return answer;
}

} // namespace

http::response problem(ec code, std::string detail) {
  const auto title = describe(code);
  return write_problem(http_status(code), to_string(code), title,
                       detail.empty() ? title : std::string_view{detail});
}

http::response problem(unsigned status, std::string_view code,
                       std::string_view detail) {
  return write_problem(status, code, http::reason_phrase(status), detail);
}

http::response json_answer(unsigned status, std::string body) {
  http::response answer;
  answer.status = status;
  answer.headers.push_back({"Content-Type", "application/json"});
  answer.headers.push_back({"Cache-Control", "no-store"});
  answer.headers.push_back({"X-Content-Type-Options", "nosniff"});
  answer.body = std::move(body);
  return answer;
}

http::response refusal_answer(http::refusal why) {
  switch (why) {
  case http::refusal::malformed:
    return problem(ec::bad_request);
  case http::refusal::headers_too_large:
    return problem(431, "headers_too_large", "the headers are too large");
  case http::refusal::body_too_large:
    return problem(ec::payload_too_large);
  case http::refusal::timed_out:
    return problem(408, "request_timeout", "the request took too long");
  case http::refusal::too_many_connections:
    return problem(ec::overloaded, "too many connections are open");
  case http::refusal::too_much_at_once:
    return problem(ec::overloaded, "too many large bodies are under way, try "
                                   "again shortly");
  case http::refusal::abandoned:
    return problem(ec::internal_error);
  }
  return problem(ec::internal_error);
}

pending_reply::pending_reply(http::exchange_ptr to, std::string request_id,
                             edge_tally_ptr tally, bool bounded)
    : to_(std::move(to)), request_id_(std::move(request_id)),
      tally_(std::move(tally)), bounded_(bounded) {
  if (bounded_)
    tally_->in_flight.fetch_add(1, std::memory_order_relaxed);
}

pending_reply::~pending_reply() {
  if (to_)
    respond(problem(ec::internal_error));
  if (bounded_)
    tally_->in_flight.fetch_sub(1, std::memory_order_relaxed);
}

void pending_reply::finish(http::response& what) {
  what.headers.push_back({"X-Request-Id", request_id_});
  if (varies_)
    what.headers.push_back({"Vary", "Accept"});
  if (!recorded_.empty())
    spdlog::info("audit: {} -> {} ({})", recorded_, what.status, request_id_);
  const auto at = what.status / 100;
  if (at < tally_->answers.size())
    tally_->answers[at].fetch_add(1, std::memory_order_relaxed);
}

void pending_reply::respond(http::response what) {
  if (const auto to = std::exchange(to_, nullptr)) {
    finish(what);
    to->respond(std::move(what));
  }
}

http::answer pending_reply::with(http::response what) {
  finish(what);
  return {std::exchange(to_, nullptr), std::move(what)};
}

bool pending_reply::is_gone() const {
  const auto flag = gone_flag();
  return flag && flag->load(std::memory_order_relaxed);
}

void pending_reply::watch(const request_handler_actor& owner) {
  if (to_)
    to_->on_gone([weak = weak_from_this(), owner] {
      if (const auto gone = weak.lock())
        caf::anon_send(owner, client_gone{reply_token{gone}});
    });
}

std::shared_ptr<http::stream>
pending_reply::open_stream(http::response head,
                           const request_handler_actor& owner,
                           std::uint64_t number) {
  const auto to = std::exchange(to_, nullptr);
  if (!to)
    return nullptr;
  finish(head);
  const auto tell = [&owner, number](bool gone) {
    return [owner, what = stream_changed{number, gone}] {
      caf::anon_send(owner, what);
    };
  };
  return to->open_stream(std::move(head), tell(true), tell(false));
}

http::response report_answer(const pending_report& pending) {
  if (pending.result != ec::none)
    return problem(pending.result);
  http::response done;
  done.status = 204;
  return done;
}

single_report::single_report(http::exchange_ptr to, std::string request_id,
                             edge_tally_ptr tally)
    : tally_(tally),
      reply_(std::move(to), std::move(request_id), std::move(tally), true) {
  tally_->reports.fetch_add(1, std::memory_order_relaxed);
}

single_report::~single_report() {
  tally_->reports.fetch_sub(1, std::memory_order_relaxed);
}

void single_report::settle(const pending_report& pending,
                           std::vector<http::answer>& ready) {
  ready.push_back(reply_.with(report_answer(pending)));
}

void edge_link::attach(edge_port* edge) {
  const std::unique_lock lock{guard_};
  edge_ = edge;
}

void edge_link::use(access_rules_ptr rules) {
  const std::shared_lock lock{guard_};
  if (edge_ != nullptr)
    edge_->use(std::move(rules));
}

void edge_link::respond_all(std::vector<http::answer> answers) {
  const std::shared_lock lock{guard_};
  if (edge_ != nullptr) {
    edge_->respond_all(std::move(answers));
    return;
  }
  for (auto& answer : answers)
    if (answer.to)
      answer.to->respond(std::move(answer.what));
}

} // namespace telltale
