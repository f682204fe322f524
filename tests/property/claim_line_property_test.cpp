// libs: telltale_gateway
#define CAF_SUITE property.claim_line

#include <algorithm>
#include <deque>
#include <iostream>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "actors/gateway/claims.hpp"

#include "tests/support/checks.hpp"

// Random lives of waiting claims beside a queue that others take from as well.
// Commits, announcements, questions and answers each take their time; clients
// go, the store fails, time passes. Whenever everything has been delivered, no
// task may be due that a parked claim takes.

using namespace telltale;
using namespace std::chrono_literals;

namespace {

using time_point = claim_line::time_point;

const std::vector<std::string> all_kinds{"a", "b", "c", "d"};

struct queued_task {
  std::string kind;
  time_point due;
};

struct told_answer {
  claim_line::question asked;
  enum { tasks, nothing, expired, failed } what = nothing;
  std::vector<queued_task> got{};
  std::optional<time_point> next_due{};
};

class claim_world {
public:
  explicit claim_world(unsigned seed) : random_(seed) {}

  void step() {
    switch (pick(12)) {
    case 0:
    case 1:
      arrive();
      break;
    case 2:
    case 3:
      create();
      break;
    case 4:
    case 5:
      hear();
      break;
    case 6:
    case 7:
      ask(true);
      break;
    case 8:
    case 9:
      answer();
      break;
    case 10:
      disturb();
      break;
    default:
      pass_time(std::chrono::milliseconds{pick(3'000)});
    }
  }

  /// Delivers everything; then says what is wrong, if anything.
  std::string settle() {
    for (int i = 0; i < 3; ++i) {
      deliver_all();
      pass_time(1s); // failures are over, too
    }
    deliver_all();
    if (line_.size() != line_.parked())
      return "a claim asks that nobody will answer";
    for (const auto& [reply, kinds] : waiting_)
      for (const auto& task : queue_)
        if (task.due <= now_ && takes(kinds, task.kind))
          return "a task of kind " + task.kind + " waits beside a claim";
    return {};
  }

  [[nodiscard]] std::size_t questions() const { return questions_; }

private:
  std::size_t pick(std::size_t below) {
    return std::uniform_int_distribution<std::size_t>{0, below - 1}(random_);
  }

  static bool takes(const std::vector<std::string>& kinds,
                    const std::string& kind) {
    return kinds.empty() || std::ranges::find(kinds, kind) != kinds.end();
  }

  void collect() {
    for (auto& question : line_.take_questions()) {
      mailbox_.push_back(std::move(question));
      ++questions_;
    }
  }

  void left(const std::optional<parked_claim>& claim) {
    if (!claim)
      return;
    std::erase_if(waiting_, [&](const auto& entry) {
      return entry.first == claim->reply;
    });
    std::erase(gone_, claim->reply);
  }

  void arrive() {
    parked_claim claim;
    claim.reply =
        std::make_shared<pending_reply>(nullptr, "request", tally_, false);
    for (const auto& kind : all_kinds)
      if (pick(3) == 0)
        claim.what.kinds.push_back(kind);
    claim.what.limit = static_cast<std::uint32_t>(1 + pick(2));
    claim.deadline = now_ + 1ms * pick(20'000);
    waiting_.emplace_back(claim.reply, claim.what.kinds);
    line_.arrive(std::move(claim));
    collect();
  }

  void create() {
    queued_task task{all_kinds[pick(all_kinds.size())], now_};
    if (pick(3) == 0)
      task.due += 1ms * pick(4'000);
    queue_.push_back(task);
    news_.push_back(task);
  }

  /// An announcement arrives; some do not say of what kind.
  void hear() {
    if (news_.empty())
      return;
    const auto task = news_.front();
    news_.pop_front();
    if (pick(50) == 0) {
      line_.announce_all(); // it got lost, and that was noticed
    } else {
      const auto kind = pick(4) == 0 ? std::string{} : task.kind;
      if (task.due <= now_)
        line_.announce(kind);
      else
        line_.announce_later(kind, task.due);
    }
    collect();
  }

  /// The store looks at the next question.
  void ask(bool may_fail) {
    if (mailbox_.empty())
      return;
    told_answer told{.asked = std::move(mailbox_.front())};
    mailbox_.pop_front();
    const auto& what = told.asked.what;
    if (std::ranges::find(gone_, told.asked.reply) != gone_.end()) {
      told.what = told_answer::expired;
    } else if (may_fail && pick(15) == 0) {
      told.what = told_answer::failed;
    } else {
      for (auto at = queue_.begin();
           at != queue_.end() && told.got.size() < what.limit;)
        if (at->due <= now_ && takes(what.kinds, at->kind)) {
          told.got.push_back(*at);
          at = queue_.erase(at);
        } else {
          ++at;
        }
      if (!told.got.empty())
        told.what = told_answer::tasks;
      else
        for (const auto& task : queue_)
          if (takes(what.kinds, task.kind))
            told.next_due =
                std::min(told.next_due.value_or(task.due), task.due);
    }
    answers_.push_back(std::move(told));
  }

  void answer() {
    if (answers_.empty())
      return;
    const auto told = std::move(answers_.front());
    answers_.pop_front();
    const auto claim = told.asked.claim;
    const bool gone = std::ranges::find(gone_, told.asked.reply) != gone_.end();
    if (told.what == told_answer::tasks) {
      std::vector<std::string> kinds;
      for (const auto& task : told.got)
        kinds.push_back(task.kind);
      left(line_.found(claim, kinds));
      if (gone) // given back
        for (const auto& task : told.got) {
          queue_.push_back(task);
          news_.push_back(task);
        }
    } else if (told.what == told_answer::nothing) {
      left(line_.found_nothing(claim, now_, told.next_due, !gone));
    } else if (told.what == told_answer::expired) {
      left(line_.failed(claim, std::nullopt));
    } else {
      left(line_.failed(claim, now_ + 1s));
    }
    collect();
  }

  /// Another replica takes a task, or a client goes.
  void disturb() {
    if (pick(2) == 0 && !queue_.empty()) {
      queue_.erase(queue_.begin() + static_cast<long>(pick(queue_.size())));
    } else if (!waiting_.empty()) {
      const auto who = waiting_[pick(waiting_.size())].first;
      if (auto claim = line_.leave(who))
        left(claim);
      else
        gone_.push_back(who);
      collect();
    }
  }

  void pass_time(std::chrono::milliseconds by) {
    now_ += by;
    for (const auto& claim : line_.expire(now_))
      left(claim);
    line_.tick(now_);
    collect();
  }

  void deliver_all() {
    while (!news_.empty() || !mailbox_.empty() || !answers_.empty()) {
      hear();
      ask(false);
      answer();
    }
  }

  std::mt19937 random_;
  claim_line line_;
  edge_tally_ptr tally_ = std::make_shared<edge_tally>();
  time_point now_{};
  std::vector<queued_task> queue_;
  std::deque<queued_task> news_;
  std::deque<claim_line::question> mailbox_;
  std::deque<told_answer> answers_;
  std::vector<std::pair<pending_reply_ptr, std::vector<std::string>>> waiting_;
  std::vector<pending_reply_ptr> gone_;
  std::size_t questions_ = 0;
};

} // namespace

CAF_TEST(no task waits beside a parked claim that takes it) {
  std::size_t questions = 0;
  for (unsigned seed = 1; seed <= 100; ++seed) {
    claim_world world{seed};
    for (int round = 0; round < 8; ++round) {
      for (int i = 0; i < 60; ++i)
        world.step();
      const auto wrong = world.settle();
      if (!wrong.empty())
        CAF_FAIL("seed " << seed << ", round " << round << ": " << wrong);
    }
    questions += world.questions();
  }
  CAF_CHECK(questions > 0);
  std::cout << questions << " questions\n";
}
