#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <shared_mutex>
#include <string>
#include <vector>

#include "http/server.hpp"
#include "messages/error.hpp"
#include "messages/protocols.hpp"
#include "messages/status_report.hpp"

namespace telltale {

/// What is under way between edge and gateway, counted without a lock.
struct edge_tally {
  std::atomic<std::size_t> in_flight{0};
  std::atomic<std::size_t> reports{0};
  std::array<std::atomic<std::uint64_t>, 6> answers{}; ///< by status / 100
};

using edge_tally_ptr = std::shared_ptr<edge_tally>;

/// An answer in `application/problem+json`, with Retry-After or
/// WWW-Authenticate where the status asks for it. Empty `detail`: the code's
/// own sentence.
[[nodiscard]] http::response problem(ec code, std::string detail = {});

/// The same for what is no error of ours (408, 431).
[[nodiscard]] http::response problem(unsigned status, std::string_view code,
                                     std::string_view detail);

/// An answer in JSON.
[[nodiscard]] http::response json_answer(unsigned status, std::string body);

/// The answer to what never became a request.
[[nodiscard]] http::response refusal_answer(http::refusal why);

/// One request that waits. Answers 500 if nobody does. Any thread.
class pending_reply : public std::enable_shared_from_this<pending_reply> {
public:
  /// Counts itself as in flight unless `bounded` is false (long polls,
  /// streams).
  pending_reply(http::exchange_ptr to, std::string request_id,
                edge_tally_ptr tally, bool bounded);
  ~pending_reply();
  pending_reply(const pending_reply&) = delete;
  pending_reply& operator=(const pending_reply&) = delete;

  /// Says with the answer that it would be another for another Accept.
  void vary_by_accept() noexcept { varies_ = true; }

  /// Has the log say, with the answer's status, who did what.
  void record(std::string who_did_what) { recorded_ = std::move(who_did_what); }

  void respond(http::response what);

  /// The answer for `edge_link::respond_all`; this one is done with.
  [[nodiscard]] http::answer with(http::response what);

  /// Answers with a stream; `owner` is told of it with `stream_changed`, which
  /// bears this number.
  [[nodiscard]] std::shared_ptr<http::stream>
  open_stream(http::response head, const request_handler_actor& owner,
              std::uint64_t number);

  /// Has `owner` told with `client_gone`, should the client go before the
  /// answer. Not from two threads, nor beside `respond`.
  void watch(const request_handler_actor& owner);
  /// Has the client gone, so that whatever is answered reaches nobody? Before
  /// the answer, by its owner.
  [[nodiscard]] bool is_gone() const;
  /// What says so, for other threads; may be null.
  [[nodiscard]] std::shared_ptr<const std::atomic<bool>> gone_flag() const {
    return to_ ? to_->gone_flag() : nullptr;
  }

  [[nodiscard]] const std::string& request_id() const noexcept {
    return request_id_;
  }

private:
  void finish(http::response& what);

  http::exchange_ptr to_;
  std::string request_id_;
  edge_tally_ptr tally_;
  bool bounded_;
  bool varies_ = false;
  std::string recorded_; ///< empty: the log says nothing
};

using pending_reply_ptr = std::shared_ptr<pending_reply>;

/// Who waits for settled reports: what `reply_token::waiter` of a report
/// points to.
class report_waiter {
public:
  virtual ~report_waiter() = default;
  /// Takes one settled report; adds an answer to `ready` if that completes one.
  virtual void settle(const pending_report& pending,
                      std::vector<http::answer>& ready) = 0;
};

/// The answer of one report of its own: 204, or a problem.
[[nodiscard]] http::response report_answer(const pending_report& pending);

/// Waits for exactly one report.
class single_report final : public report_waiter {
public:
  ~single_report() override;
  single_report(http::exchange_ptr to, std::string request_id,
                edge_tally_ptr tally);
  void settle(const pending_report& pending,
              std::vector<http::answer>& ready) override;
  [[nodiscard]] pending_reply& reply() noexcept { return reply_; }

private:
  edge_tally_ptr tally_;
  pending_reply reply_;
};

/// What the gateway's actor has its edge do. Any thread.
class edge_port {
public:
  virtual ~edge_port() = default;
  /// Answers many requests with one turn of the server's loop.
  virtual void respond_all(std::vector<http::answer> answers) = 0;
  /// From the next request on callers are judged by these.
  virtual void use(access_rules_ptr rules) = 0;
};

/// The way from the gateway's actor to the edge, which attaches itself as long
/// as it lives; without one, answers go out one by one. Any thread.
class edge_link {
public:
  void attach(edge_port* edge);
  void respond_all(std::vector<http::answer> answers);
  void use(access_rules_ptr rules);

private:
  std::shared_mutex guard_;
  edge_port* edge_ = nullptr;
};

using edge_link_ptr = std::shared_ptr<edge_link>;

} // namespace telltale
