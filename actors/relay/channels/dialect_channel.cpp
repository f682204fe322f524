#include <algorithm>
#include <map>
#include <utility>
#include <vector>

#include "actors/relay/channels/dialect.hpp"

namespace telltale {

namespace {

/// Chats that moved and are remembered, at most.
constexpr std::size_t remembered_moves = 1024;

/// A token is renewed this long before it expires.
constexpr std::chrono::seconds token_margin{60};

/// Where there is no answer. An address that must not be spoken to stays one.
send_outcome no_answer(const http::client_error& error) {
  using kind = http::client_error::kind;
  if (error.what == kind::refused_address || error.what == kind::bad_url)
    return given_up{.explanation = error.text};
  try_again later;
  later.explanation = error.text;
  later.transport = true;
  later.may_be_sent = error.may_have_arrived;
  return later;
}

/// The end of a send, by what its last answer means.
send_outcome outcome_of(const answer_meaning& meaning, bool dedupes) {
  switch (meaning.rule) {
  case answer_rule::sent:
    return message_sent{meaning.message_id};
  case answer_rule::throttled:
    return try_again{.explanation = meaning.explanation,
                     .after = meaning.after,
                     .throttled = true,
                     .may_be_sent = false};
  case answer_rule::transient:
    return try_again{.explanation = meaning.explanation,
                     .after = meaning.after,
                     .transport = meaning.transport,
                     .unreadable = meaning.unreadable && !dedupes};
  case answer_rule::credential_refused:
  case answer_rule::renew_token: // a fresh one was refused too
    return credential_refused{meaning.explanation};
  case answer_rule::target_gone:
    return given_up{.explanation = meaning.explanation, .target_gone = true};
  case answer_rule::binding_broken:
  case answer_rule::move_chat: // for the second time
    return given_up{.explanation = meaning.explanation, .binding_broken = true};
  case answer_rule::leave_thread:
  case answer_rule::leave_detail:
  case answer_rule::leave_card:
  case answer_rule::permanent:
    break;
  }
  return given_up{.explanation = meaning.explanation};
}

class dialect_channel final : public channel {
public:
  explicit dialect_channel(std::unique_ptr<const dialect> how)
      : how_(std::move(how)) {}

  bool dedupes() const override { return how_->dedupes(); }

  channel_work send(outgoing_message what, steady_time now) override {
    channel_work work;
    const auto key = what.key;
    auto& one = under_way_[key];
    one = {};
    one.form.chat_id = home_of(what.chat.chat_id);
    one.form.replies = how_->may_reply(what.chat);
    one.what = std::move(what);
    post(key, one, now, work);
    return work;
  }

  channel_work answered(std::uint64_t request, const http_outcome& outcome,
                        steady_time now) override {
    channel_work work;
    const auto asked = asked_.extract(request);
    if (!asked)
      return work;
    switch (asked.mapped().what) {
    case purpose::message:
      on_message(asked.mapped().key, outcome, now, work);
      break;
    case purpose::token:
      on_token(outcome, now, work);
      break;
    case purpose::probe:
      work.probed = judge_probe(outcome);
      break;
    case purpose::beat: // the next one comes soon
      break;
    }
    return work;
  }

  channel_work probe(steady_time) override {
    channel_work work;
    if (auto request = how_->ask_probe()) {
      ask({purpose::probe, {}}, *std::move(request), work);
    } else if (how_->ask_token() && !fetching_) {
      token_.clear();
      probes_by_token_ = true;
      fetch_token(work);
    }
    return work;
  }

  channel_work beat() override {
    channel_work work;
    if (auto request = how_->beat())
      ask({purpose::beat, {}}, *std::move(request), work);
    return work;
  }

private:
  enum class purpose : std::uint8_t { message, token, probe, beat };

  struct question {
    purpose what = purpose::message;
    delivery_id key{}; ///< of a message
  };

  /// A message that has no end yet.
  struct in_flight {
    outgoing_message what;
    message_form form;
    bool moved = false;
    bool renewed = false;
  };

  void ask(question why, http::client_request what, channel_work& work) {
    const auto number = ++last_request_;
    asked_.emplace(number, why);
    work.requests.push_back({number, std::move(what)});
  }

  void finish(const delivery_id& key, send_outcome outcome,
              channel_work& work) {
    under_way_.erase(key);
    work.finished.push_back({key, std::move(outcome)});
  }

  /// Asks for the message to be taken, or for the token that it needs first.
  void post(const delivery_id& key, in_flight& one, steady_time now,
            channel_work& work) {
    if (how_->ask_token()) {
      if (token_.empty() || now >= token_until_) {
        waiting_.push_back(key);
        if (!fetching_)
          fetch_token(work);
        return;
      }
      one.form.token = token_;
    }
    ask({purpose::message, key}, how_->write(one.what, one.form), work);
  }

  void fetch_token(channel_work& work) {
    fetching_ = true;
    ask({purpose::token, {}}, how_->ask_token().value(), work);
  }

  void on_message(const delivery_id& key, const http_outcome& outcome,
                  steady_time now, channel_work& work) {
    const auto found = under_way_.find(key);
    if (found == under_way_.end())
      return;
    auto& one = found->second;
    if (const auto* error = std::get_if<http::client_error>(&outcome)) {
      finish(key, no_answer(*error), work);
      return;
    }
    const auto meaning = how_->judge(std::get<http::client_response>(outcome));
    if (is_sent_again(one, meaning))
      post(key, one, now, work);
    else
      finish(key, outcome_of(meaning, how_->dedupes()), work);
  }

  /// Changes one thing about a message, unless that was done already.
  bool is_sent_again(in_flight& one, const answer_meaning& meaning) {
    switch (meaning.rule) {
    case answer_rule::renew_token:
      // Only the token that was refused: another message may have a new one.
      if (token_ == one.form.token)
        token_.clear();
      return !std::exchange(one.renewed, true);
    case answer_rule::leave_thread:
      return std::exchange(one.form.replies, false);
    case answer_rule::leave_detail:
      return !std::exchange(one.form.copy_only, true);
    case answer_rule::leave_card:
      return !std::exchange(one.form.plain, true);
    case answer_rule::move_chat:
      if (meaning.moved_to.empty() || std::exchange(one.moved, true))
        return false;
      remember_move(one.what.chat.chat_id, meaning.moved_to);
      one.form.chat_id = meaning.moved_to;
      return true;
    case answer_rule::sent:
    case answer_rule::throttled:
    case answer_rule::transient:
    case answer_rule::credential_refused:
    case answer_rule::binding_broken:
    case answer_rule::target_gone:
    case answer_rule::permanent:
      break;
    }
    return false;
  }

  void on_token(const http_outcome& outcome, steady_time now,
                channel_work& work) {
    fetching_ = false;
    send_outcome none = message_sent{};
    token_.clear();
    if (const auto* error = std::get_if<http::client_error>(&outcome)) {
      none = no_answer(*error);
      if (auto* later = std::get_if<try_again>(&none))
        later->may_be_sent = false; // the message has not even begun
    } else {
      auto token = how_->read_token(std::get<http::client_response>(outcome));
      token_ = std::move(token.value);
      token_until_ = now + token.expires_in - token_margin;
      if (token_.empty())
        none = outcome_of(token.refused, true);
    }
    if (std::exchange(probes_by_token_, false))
      work.probed = none;
    for (const auto& key : std::exchange(waiting_, {})) {
      const auto found = under_way_.find(key);
      if (found == under_way_.end())
        continue;
      if (token_.empty()) {
        finish(key, none, work);
      } else {
        found->second.form.token = token_;
        ask({purpose::message, key},
            how_->write(found->second.what, found->second.form), work);
      }
    }
  }

  [[nodiscard]] std::optional<send_outcome>
  judge_probe(const http_outcome& outcome) const {
    const auto* answer = std::get_if<http::client_response>(&outcome);
    if (answer == nullptr)
      return std::nullopt;
    const auto meaning = how_->judge_probe(*answer);
    if (meaning.rule == answer_rule::throttled
        || meaning.rule == answer_rule::transient)
      return std::nullopt;
    return outcome_of(meaning, true);
  }

  [[nodiscard]] std::string home_of(const std::string& chat) const {
    const auto found = moves_.find(chat);
    return found == moves_.end() ? chat : found->second;
  }

  void remember_move(const std::string& from, const std::string& to) {
    if (moves_.size() >= remembered_moves)
      moves_.clear();
    moves_[from] = to;
  }

  const std::unique_ptr<const dialect> how_;
  std::uint64_t last_request_ = 0;
  std::map<std::uint64_t, question> asked_; ///< by their numbers
  std::map<delivery_id, in_flight> under_way_;
  std::map<std::string, std::string> moves_;

  std::string token_; ///< empty: there is none
  steady_time token_until_{};
  bool fetching_ = false; ///< one request for a token at a time
  bool probes_by_token_ = false;
  std::vector<delivery_id> waiting_; ///< messages that wait for a token
};

} // namespace

fetched_token dialect::read_token(const http::client_response&) const {
  return {};
}

answer_meaning dialect::judge_probe(const http::client_response& answer) const {
  return judge(answer);
}

std::shared_ptr<channel>
make_dialect_channel(std::unique_ptr<const dialect> how) {
  return std::make_shared<dialect_channel>(std::move(how));
}

} // namespace telltale
