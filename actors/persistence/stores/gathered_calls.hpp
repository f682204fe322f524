#pragma once

#include <cstddef>
#include <iterator>
#include <utility>
#include <vector>

#include <caf/expected.hpp>
#include <caf/typed_response_promise.hpp>

#include "messages/error.hpp"

namespace telltale {

/// Requests that came while their actor was blocked in the store: they go into
/// one transaction, and each has its own answer. Nothing waits for more to
/// come: the actor sends itself a message, behind all that is in its mailbox,
/// and takes what has gathered when that arrives.
///
/// Those that are left when it ends are answered `database_unavailable`.
template <class Ask, class Answer> class gathered_calls {
public:
  using promise = caf::typed_response_promise<Answer>;

  struct batch {
    std::vector<Ask> calls;
    std::vector<promise> answers; ///< one for each call

    /// Answers calls for which `check` gives an error with that, and lets go of
    /// them.
    template <class Check> void drop_if(Check check) {
      std::size_t kept = 0;
      for (std::size_t i = 0; i < calls.size(); ++i) {
        if (auto problem = check(std::as_const(calls[i]))) {
          answers[i].deliver(std::move(problem));
          continue;
        }
        if (kept != i) {
          calls[kept] = std::move(calls[i]);
          answers[kept] = std::move(answers[i]);
        }
        ++kept;
      }
      calls.resize(kept);
      answers.resize(kept);
    }

    /// Answers every call with its own outcome, in their order.
    void deliver(std::vector<caf::expected<Answer>> outcomes) {
      for (std::size_t i = 0; i < answers.size(); ++i)
        if (outcomes[i])
          answers[i].deliver(std::move(*outcomes[i]));
        else
          answers[i].deliver(std::move(outcomes[i].error()));
    }
  };

  gathered_calls() = default;
  gathered_calls(const gathered_calls&) = delete;
  gathered_calls& operator=(const gathered_calls&) = delete;
  ~gathered_calls() {
    for (auto& answer : all_.answers)
      answer.deliver(make_error(ec::database_unavailable));
  }

  /// Keeps the call. Is a flush to be sent for it?
  [[nodiscard]] bool add(Ask what, promise answer) {
    all_.calls.push_back(std::move(what));
    all_.answers.push_back(std::move(answer));
    return !std::exchange(flush_pending_, true);
  }

  /// The flush came: calls in the order in which they came, at least one, and
  /// not more than weigh `most` in all.
  template <class Weigh>
  [[nodiscard]] batch take(std::size_t most, Weigh weigh) {
    flush_pending_ = false;
    std::size_t size = 0;
    for (std::size_t weight = 0; size < all_.calls.size(); ++size) {
      weight += weigh(all_.calls[size]);
      if (size > 0 && weight > most)
        return {take_front(all_.calls, size), take_front(all_.answers, size)};
    }
    return std::exchange(all_, {});
  }

  [[nodiscard]] batch take(std::size_t most) {
    return take(most, [](const Ask&) { return std::size_t{1}; });
  }

  /// Is another flush to be sent for what was left?
  [[nodiscard]] bool has_more() {
    return !all_.calls.empty() && !std::exchange(flush_pending_, true);
  }

private:
  template <class T>
  static std::vector<T> take_front(std::vector<T>& from, std::size_t size) {
    const auto middle = from.begin() + static_cast<std::ptrdiff_t>(size);
    std::vector<T> result{std::make_move_iterator(from.begin()),
                          std::make_move_iterator(middle)};
    from.erase(from.begin(), middle);
    return result;
  }

  batch all_;
  bool flush_pending_ = false;
};

} // namespace telltale
