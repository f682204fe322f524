#include "actors/relay/channels/one_call.hpp"

#include <algorithm>
#include <map>
#include <mutex>

#include <boost/json/serialize.hpp>

#include "actors/relay/text/excerpt.hpp"
#include "text/json_fields.hpp"

namespace telltale {

namespace json = boost::json;

namespace {

/// Chats that moved and are remembered, at most.
constexpr std::size_t remembered_moves = 1024;

struct call_flight {
  outgoing what;
  call_shape shape;
  std::function<void(send_result)> then;
  bool moved = false;
};

using flight_ptr = std::shared_ptr<call_flight>;

class one_call_channel final
    : public channel,
      public std::enable_shared_from_this<one_call_channel> {
public:
  one_call_channel(chat_dialect how, http_sender send)
      : how_(std::move(how)), send_(std::move(send)) {}

  void send(outgoing what, std::function<void(send_result)> then) override {
    auto flight = std::make_shared<call_flight>();
    flight->shape.chat_id = home_of(what.chat.chat_id);
    flight->shape.replies =
        !what.chat.reply_to.empty() || !what.chat.thread_id.empty();
    flight->what = std::move(what);
    flight->then = std::move(then);
    post(flight);
  }

private:
  void post(const flight_ptr& flight) {
    send_(
        how_.write(flight->what, flight->shape),
        [self = shared_from_this(), flight](const http::client_result& result) {
          if (const auto* error = std::get_if<http::client_error>(&result))
            flight->then(lost(*error));
          else
            self->settle(flight, self->how_.judge(
                                     std::get<http::client_response>(result)));
        });
  }

  void settle(const flight_ptr& flight, const call_verdict& verdict) {
    auto& shape = flight->shape;
    switch (verdict.rule) {
    case call_rule::sent:
      flight->then(message_sent{verdict.message_id});
      return;
    case call_rule::throttled:
      flight->then(try_again{verdict.why, verdict.after, true, false});
      return;
    case call_rule::transient:
      flight->then(try_again{verdict.why, verdict.after, false, true});
      return;
    case call_rule::leave_thread:
      if (std::exchange(shape.replies, false))
        return post(flight);
      break;
    case call_rule::leave_detail:
      if (!std::exchange(shape.copy_only, true))
        return post(flight);
      break;
    case call_rule::move_chat:
      if (!verdict.moved_to.empty() && !std::exchange(flight->moved, true)) {
        remember(flight->what.chat.chat_id, verdict.moved_to);
        shape.chat_id = verdict.moved_to;
        return post(flight);
      }
      break;
    case call_rule::binding_broken:
    case call_rule::permanent:
      break;
    }
    flight->then(
        given_up{.why = verdict.why,
                 .binding_broken = verdict.rule == call_rule::binding_broken
                                   || verdict.rule == call_rule::move_chat});
  }

  std::string home_of(const std::string& chat) {
    const std::lock_guard lock{guard_};
    const auto found = moves_.find(chat);
    return found == moves_.end() ? chat : found->second;
  }

  void remember(const std::string& from, const std::string& to) {
    const std::lock_guard lock{guard_};
    if (moves_.size() >= remembered_moves)
      moves_.clear();
    moves_[from] = to;
  }

  const chat_dialect how_;
  const http_sender send_;
  std::mutex guard_;
  std::map<std::string, std::string> moves_; ///< guarded
};

} // namespace

std::shared_ptr<channel> make_one_call_channel(chat_dialect how,
                                               http_sender send) {
  return std::make_shared<one_call_channel>(std::move(how), std::move(send));
}

rendered worded(const rendered& what, const call_shape& shape) {
  auto result = what;
  if (shape.copy_only) {
    result.message = result.copy;
    result.detail.clear();
    result.title.clear();
  }
  return result;
}

std::string
fitted(std::string_view text, std::size_t limit,
       const std::function<std::size_t(std::string_view)>& measure) {
  if (measure(text) <= limit)
    return std::string{text};
  std::size_t most = 0; // characters that are known to fit
  for (std::size_t above = limit + 1; most + 1 < above;) {
    const auto middle = most + (above - most) / 2;
    (measure(excerpt(text, middle)) <= limit ? most : above) = middle;
  }
  return excerpt(text, most);
}

http::client_request json_post(std::string_view base, std::string_view path,
                               const json::object& body) {
  while (base.ends_with('/'))
    base.remove_suffix(1);
  http::client_request result;
  result.method = "POST";
  result.url = std::string{base} + std::string{path};
  result.headers = {{"Content-Type", "application/json; charset=utf-8"}};
  result.body = json::serialize(body);
  return result;
}

call_verdict by_status(std::string_view who,
                       const http::client_response& answer) {
  call_verdict verdict;
  verdict.why = std::string{who} + " answered " + std::to_string(answer.status);
  if (answer.status == 429)
    verdict.rule = call_rule::throttled;
  // A success that says nothing is a lost answer, not a message.
  else if (is_transient(answer.status) || answer.status < 300)
    verdict.rule = call_rule::transient;
  verdict.after = retry_after(answer, now_utc());
  return verdict;
}

call_verdict by_errcode(std::string_view who,
                        std::span<const call_row<std::int64_t>> rows,
                        const http::client_response& answer) {
  auto verdict = by_status(who, answer);
  const auto body = text::parse_object(answer.body);
  const auto code = body ? text::number_at(*body, "errcode") : std::nullopt;
  if (!code)
    return verdict;
  if (*code == 0) {
    verdict.rule = call_rule::sent;
    return verdict;
  }
  verdict.why = std::string{who} + " answered errcode " + std::to_string(*code);
  const auto row =
      std::ranges::find(rows, *code, &call_row<std::int64_t>::code);
  if (row != rows.end()) {
    verdict.rule = row->rule;
    verdict.why += " (" + std::string{row->meaning} + ")";
  } else if (!is_transient(answer.status)) {
    verdict.rule = call_rule::permanent;
  }
  return verdict;
}

} // namespace telltale
