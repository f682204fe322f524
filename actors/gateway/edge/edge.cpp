#include "actors/gateway/edge/edge.hpp"

#include <atomic>
#include <utility>
#include <vector>

#include <caf/send.hpp>
#include <spdlog/spdlog.h>

#include "actors/gateway/edge/edge_options.hpp"
#include "actors/gateway/edge/edge_page.hpp"
#include "actors/gateway/edge/refused_callers.hpp"
#include "actors/gateway/edge/request_policy.hpp"
#include "actors/gateway/edge/unknown_calls.hpp"
#include "actors/gateway/handlers/calls.hpp"
#include "actors/gateway/router.hpp"
#include "actors/gateway/wire/wire.hpp"

namespace telltale {

namespace {

/// Reports that one turn of an io thread's loop has gathered.
thread_local report_batch turn;

/// Answers to what never became a request have an id, too.
http::response write_refusal(http::refusal why) {
  auto answer = refusal_answer(why);
  answer.headers.push_back({"X-Request-Id", to_string(make_uuid_v7())});
  return answer;
}

/// Data and the page have the same address; the Accept header decides.
bool is_shared(call what) {
  return what == call::list_deliveries || what == call::list_runners;
}

} // namespace

class edge::impl final : public edge_port {
public:
  impl(const config::http_config& options, http::listener bound,
       access_rules_ptr rules, gateway_actor gateway,
       status_intake_actor intake, edge_content content,
       counter_board_ptr counters, edge_link_ptr link)
      : max_in_flight_(static_cast<std::size_t>(options.max_in_flight)),
        body_limits_{static_cast<std::size_t>(options.max_body_bytes),
                     static_cast<std::size_t>(options.max_report_bytes)},
        behind_https_(options.public_url.starts_with("https://")),
        content_(std::move(content)), counters_(std::move(counters)),
        link_(std::move(link)), tally_(std::make_shared<edge_tally>()),
        gateway_(std::move(gateway)), intake_(std::move(intake)) {
    edge::impl::use(std::move(rules));
    server_ = std::make_unique<http::server>(
        server_options(options), std::move(bound),
        [this](http::request&& what, http::exchange_ptr to) {
          on_request(std::move(what), std::move(to));
        },
        write_refusal,
        [this](const http::request& head) {
          return allowed_body(*access_.load(), head, body_limits_);
        });
    link_->attach(this);
  }
  impl(const impl&) = delete;
  impl& operator=(const impl&) = delete;

  ~impl() override { link_->attach(nullptr); }

  void respond_all(std::vector<http::answer> answers) override {
    server_->respond_all(std::move(answers));
  }

  void use(access_rules_ptr rules) override {
    if (rules->open() && !std::exchange(said_open_, true))
      spdlog::warn("NO TOKEN IS CONFIGURED: everybody who can reach this "
                   "service may do everything; set auth.runner_tokens and "
                   "auth.operator_tokens");
    access_.store(std::move(rules));
  }

  void start() { server_->start(); }

  void drain(std::chrono::milliseconds patience) {
    draining_ = true;
    // Long polls and streams would outlast anybody's patience.
    caf::anon_send(gateway_, drain_requests{});
    server_->drain(patience);
  }

  [[nodiscard]] std::uint16_t port() const { return server_->port(); }

private:
  /// One request on its way through the edge.
  struct incoming {
    http::request what;
    http::exchange_ptr to;
    std::string request_id;
    http::target target;
    route found;
    principal who;
  };

  void on_request(http::request&& what, http::exchange_ptr to) {
    incoming in;
    in.request_id = request_id_of(what);
    in.what = std::move(what);
    in.to = std::move(to);
    if (draining_)
      return finish(in, problem(ec::shutting_down));
    if (access_.load()->open())
      if (auto objection = open_service_objection(in.what))
        return finish(in, problem(ec::forbidden, std::move(*objection)));
    auto target = http::parse_target(in.what.target);
    if (!target)
      return finish(in, problem(ec::bad_request, "the address is not valid"));
    in.target = std::move(*target);
    auto found = find_route(in.what.method, in.target.segments);
    if (auto* wrong = std::get_if<wrong_method>(&found)) {
      auto answer = problem(ec::method_not_allowed);
      answer.headers.push_back({"Allow", std::move(wrong->allow)});
      return finish(in, std::move(answer));
    }
    if (auto* known = std::get_if<route>(&found)) {
      in.found = std::move(*known);
      return on_routed(in);
    }
    on_unrouted(in);
  }

  void on_unrouted(incoming& in) {
    const auto& segments = in.target.segments;
    if (segments.size() > 1 && segments[0] == "api" && segments[1] == "daemon")
      return on_unknown_daemon_call(in);
    if (!is_changing(in.what) && !content_.page.empty()) {
      std::string path;
      for (const auto& segment : in.target.segments) {
        if (segment == "." || segment == ".." || segment.empty())
          return finish(in, problem(ec::not_found));
        path += "/" + segment;
      }
      if (const auto file = content_.page.find(path);
          file != content_.page.end())
        return finish(in,
                      page_answer(file->second, in.what, 200, behind_https_));
      // A person who follows a wrong link gets the page, which says so.
      if (wants_html(in.what))
        return serve_page(in, 404);
    }
    finish(in, problem(ec::not_found));
  }

  void on_unknown_daemon_call(incoming& in) {
    auto shape = unknown_calls_.shape_of(in.what.method, in.target.segments);
    if (counters_)
      counters_->add(counter::unknown_calls_total, shape);
    finish(in, unknown_call_answer());
  }

  void on_routed(incoming& in) {
    const auto& operation = *in.found.operation;
    if (serve_here(in, operation.what))
      return;
    if (operation.needs != scope::open && !admit(in))
      return;
    if (operation.body != body_rule::none && !in.what.body.empty()
        && !is_json(in.what))
      return finish(in, problem(ec::unsupported_media_type));
    if (tally_->in_flight.load(std::memory_order_relaxed) >= max_in_flight_)
      return finish(in, problem(ec::overloaded));
    if (operation.what == call::report_status)
      take_report(in);
    else
      pass_on(in);
  }

  /// What concerns no other actor. False: it is none of that.
  bool serve_here(incoming& in, call what) {
    if (what == call::page_home || what == call::page_runs
        || what == call::page_run || what == call::page_failures
        || (is_shared(what) && wants_html(in.what)))
      serve_page(in);
    else if (what == call::health)
      finish(in, json_answer(200, R"({"status":"ok"})"));
    else if (what == call::metrics)
      serve_metrics(in);
    else if (what == call::openapi)
      finish(in, json_answer(200, openapi_document()));
    else if (what == call::open_session || what == call::read_session
             || what == call::close_session)
      serve_session(in, what);
    else
      return false;
    return true;
  }

  /// Answers 401 or 403 and returns false unless the caller may ask this.
  bool admit(incoming& in) {
    const auto access = access_.load();
    auto who = access->caller(in.what);
    if (!who) {
      refuse(in, has_token(in.what));
      return false;
    }
    // What somebody with a session may do is seen by the gateway, who asks
    // whose it is. No page reports a status.
    const bool allowed =
        who->session.empty()
            ? is_allowed(*who, *in.found.operation, in.found.path)
            : in.found.operation->what != call::report_status;
    if (!allowed) {
      finish(in, problem(ec::forbidden));
      return false;
    }
    // A bearer token is no browser's doing; everything else may be.
    const bool by_bearer = !who->name.empty() && !who->by_cookie;
    if (is_changing(in.what) && !by_bearer
        && !is_same_origin(in.what, who->by_cookie)) {
      finish(in, problem(ec::forbidden,
                         "the request must come from the service's own page"));
      return false;
    }
    // Judged by its head, and its token has come to be good since.
    if (in.what.body_withheld) {
      finish(in, problem(ec::overloaded, "the tokens have just changed, try "
                                         "again"));
      return false;
    }
    in.who = std::move(*who);
    return true;
  }

  /// Nobody that is known. A good token is never slowed, so that this is all
  /// that guessing meets.
  void refuse(incoming& in, bool has_brought_token) {
    const auto now = std::chrono::steady_clock::now();
    const auto& from = in.what.remote_address;
    const auto wait = refused_.turned_away(from, now);
    if (has_brought_token) {
      if (refused_.add(from, now))
        spdlog::warn(
            "{} tokens that came from {} within a minute are none that "
            "are known; without a good one it waits now",
            refused_callers::most_refusals, from);
      if (counters_)
        counters_->add(counter::refused_tokens_total);
    }
    if (!wait)
      return finish(in, problem(ec::unauthorized));
    auto answer = problem(ec::too_many_refusals);
    answer.headers.push_back({"Retry-After", std::to_string(wait->count())});
    finish(in, std::move(answer));
  }

  /// A page signs in or out, or asks whether it has. The token that it signs in
  /// with is looked at here; sessions are the gateway's.
  void serve_session(incoming& in, call what) {
    const auto access = access_.load();
    in.who = access->caller(in.what).value_or(principal{});
    if (what != call::read_session && !is_same_origin(in.what, false))
      return finish(in, problem(ec::forbidden));
    if (what == call::open_session && !access->open()) {
      if (!is_json(in.what))
        return finish(in, problem(ec::unsupported_media_type));
      const auto token = parse_session(in.what.body);
      if (!token)
        return finish(in, problem_of(token.error()));
      auto who = access->identify(*token);
      if (!who)
        return refuse(in, true);
      if (!who->read)
        return finish(in, problem(ec::forbidden));
      in.who = std::move(*who);
    }
    pass_on(in);
  }

  /// The hot path: parsed here, sent once per turn of the loop.
  void take_report(incoming& in) {
    const auto id = parse_uuid(in.found.path.front());
    if (!id)
      return finish(in, problem(ec::task_not_found));
    auto report = parse_report(task_id{*id}, in.what.body);
    if (!report)
      return finish(in, problem_of(report.error()));
    if (in.who.task && !bind_attempt(*report, in.who))
      return finish(in, problem(ec::forbidden));
    if (!turn) {
      turn = std::make_shared<std::vector<pending_report>>();
      server_->at_turn_end([this] { send_turn(); });
    }
    pending_report pending;
    pending.reply.waiter = std::static_pointer_cast<void>(
        std::static_pointer_cast<report_waiter>(std::make_shared<single_report>(
            std::move(in.to), std::move(in.request_id), tally_)));
    pending.raw = std::move(*report);
    turn->push_back(std::move(pending));
  }

  void send_turn() {
    auto batch = std::exchange(turn, nullptr);
    if (!batch)
      return;
    caf::anon_send(intake_, reports_received{std::move(batch),
                                             report_waiter_handle{gateway_}});
  }

  void pass_on(incoming& in) {
    const auto what = in.found.operation->what;
    const bool bounded =
        what != call::claim_tasks && what != call::stream_events;
    http_call message;
    message.request_id = in.request_id;
    const auto reply = std::make_shared<pending_reply>(
        std::move(in.to), std::move(in.request_id), tally_, bounded);
    if (is_shared(what))
      reply->vary_by_accept();
    message.reply.waiter = reply;
    message.what = static_cast<operation>(what);
    message.path = std::move(in.found.path);
    for (auto& [name, value] : in.target.query)
      message.query[std::move(name)] = std::move(value);
    for (const std::string_view name :
         {"idempotency-key", "last-event-id", "if-none-match"})
      if (const auto value = in.what.find(name))
        message.headers[std::string{name}] = std::string{*value};
    message.remote_address = std::move(in.what.remote_address);
    message.secure = in.what.secure;
    message.caller = std::move(in.who);
    message.body = std::move(in.what.body);
    message.body_reservation = std::move(in.what.body_reservation);
    caf::anon_send(gateway_, std::move(message));
  }

  /// With 404 for an address that leads nowhere; never 304 then.
  void serve_page(incoming& in, unsigned status = 200) {
    const auto file = content_.page.find("/index.html");
    if (file == content_.page.end())
      return finish(in, problem(ec::not_found, "this build has no page"));
    finish(in, page_answer(file->second, in.what, status, behind_https_));
  }

  void serve_metrics(incoming& in) {
    if (counters_) {
      for (std::size_t i = 1; i < tally_->answers.size(); ++i)
        counters_->set(counter::http_requests_total, std::to_string(i) + "xx",
                       static_cast<double>(tally_->answers[i].load()));
      counters_->set(counter::http_connections, {},
                     static_cast<double>(server_->connections()));
      counters_->set(counter::reports_in_flight, {},
                     static_cast<double>(tally_->reports.load()));
    }
    http::response answer;
    answer.headers = {
        {"Content-Type", "text/plain; version=0.0.4; charset=utf-8"},
        {"Cache-Control", "no-store"},
        {"X-Content-Type-Options", "nosniff"}};
    if (content_.metrics)
      answer.body = content_.metrics->text();
    finish(in, std::move(answer));
  }

  /// Answers here and now.
  void finish(incoming& in, http::response answer) {
    pending_reply{std::move(in.to), std::move(in.request_id), tally_, false}
        .respond(std::move(answer));
  }

  std::size_t max_in_flight_;
  body_limits body_limits_;
  bool behind_https_; ///< people reach the service by HTTPS alone
  unknown_calls unknown_calls_;
  edge_content content_;
  counter_board_ptr counters_;
  edge_link_ptr link_;
  edge_tally_ptr tally_;
  const gateway_actor gateway_;
  const status_intake_actor intake_;
  std::atomic<bool> draining_{false};
  bool said_open_ = false;
  refused_callers refused_;
  std::atomic<access_rules_ptr> access_; ///< asked by every io thread
  std::unique_ptr<http::server> server_; ///< last: its threads use the rest
};

edge::edge(const config::http_config& options, http::listener bound,
           access_rules_ptr rules, gateway_actor gateway,
           status_intake_actor intake, edge_content content,
           counter_board_ptr counters, edge_link_ptr link)
    : impl_(std::make_unique<impl>(options, std::move(bound), std::move(rules),
                                   std::move(gateway), std::move(intake),
                                   std::move(content), std::move(counters),
                                   std::move(link))) {}

edge::~edge() = default;

void edge::start() {
  impl_->start();
}

void edge::drain(std::chrono::milliseconds patience) {
  impl_->drain(patience);
}

std::uint16_t edge::port() const {
  return impl_->port();
}

} // namespace telltale
