#include "actors/relay/delivery/pacing.hpp"

#include <algorithm>
#include <cmath>

namespace telltale {

namespace {

/// Chats in memory before those that nobody would miss are let go.
constexpr std::size_t chats_before_sweep = 1024;

/// Times that a window remembers; a higher rate is kept in a shorter window.
constexpr double most_remembered = 1000;

constexpr std::chrono::milliseconds a_second{1'000};
constexpr std::chrono::milliseconds a_minute{60'000};

/// Telegram's groups and channels; people have positive numbers.
bool is_group(const std::string& chat) {
  return chat.starts_with('-') || chat.starts_with('@');
}

} // namespace

send_window::send_window(double amount, std::chrono::milliseconds window) {
  if (amount <= 0)
    return;
  const auto whole = std::clamp(std::floor(amount), 1.0, most_remembered);
  const std::chrono::duration<double, std::milli> length{
      static_cast<double>(window.count()) * whole / amount};
  most_ = static_cast<std::size_t>(whole);
  window_ = std::chrono::ceil<steady_time::duration>(length);
}

std::size_t send_window::counted(steady_time now) const {
  const auto first =
      std::ranges::upper_bound(times_, now - window_, std::less{});
  return static_cast<std::size_t>(times_.end() - first);
}

std::chrono::milliseconds send_window::wait(steady_time now) const {
  using std::chrono::milliseconds;
  if (most_ == 0)
    return milliseconds{0};
  const auto used = counted(now) + under_way_;
  if (used < most_)
    return milliseconds{0};
  if (under_way_ >= most_)
    return std::chrono::ceil<milliseconds>(window_);
  // So many have to leave the window.
  const auto surplus = used - most_;
  const auto oldest = times_.size() - counted(now);
  return std::max(milliseconds{1},
                  std::chrono::ceil<milliseconds>(times_[oldest + surplus]
                                                  + window_ - now));
}

void send_window::start() {
  if (most_ != 0)
    ++under_way_;
}

void send_window::counts_from(steady_time t) {
  if (most_ == 0 || under_way_ == 0)
    return;
  --under_way_;
  times_.push_back(t);
  while (times_.size() > most_)
    times_.pop_front();
}

bool send_window::is_idle(steady_time now) const {
  return under_way_ == 0 && counted(now) == 0;
}

pacer::pacer(const send_limits& limits)
    : limits_(limits), second_(limits.per_app, a_second),
      minute_(limits.per_app_minute, a_minute) {}

std::chrono::milliseconds pacer::wait(const std::string& chat,
                                      steady_time now) const {
  auto longest = std::max(second_.wait(now), minute_.wait(now));
  if (const auto found = chats_.find(chat); found != chats_.end())
    longest = std::max({longest, found->second.second.wait(now),
                        found->second.minute.wait(now)});
  return longest;
}

template <class F> void pacer::each_window(const std::string& chat, F visit) {
  visit(second_);
  visit(minute_);
  if (const auto found = chats_.find(chat); found != chats_.end()) {
    visit(found->second.second);
    visit(found->second.minute);
  }
}

void pacer::start(const std::string& chat, steady_time now) {
  if (!chat.empty() && !chats_.contains(chat)) {
    if (chats_.size() >= chats_before_sweep)
      forget_idle(now);
    chats_[chat] = {{limits_.per_chat, a_second},
                    {is_group(chat) ? limits_.per_group_minute : 0, a_minute}};
  }
  each_window(chat, [&](send_window& window) {
    window.start();
    if (!limits_.from_answer)
      window.counts_from(now);
  });
}

void pacer::answered(const std::string& chat, steady_time now) {
  if (limits_.from_answer)
    each_window(chat, [&](send_window& window) { window.counts_from(now); });
}

void pacer::forget_idle(steady_time now) {
  std::erase_if(chats_, [now](const auto& entry) {
    return entry.second.second.is_idle(now) && entry.second.minute.is_idle(now);
  });
}

} // namespace telltale
