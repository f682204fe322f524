#include "actors/relay/pacing.hpp"

#include <algorithm>
#include <cmath>

namespace telltale {

namespace {

/// Chats in memory before those that nobody would miss are let go.
constexpr std::size_t chats_before_sweep = 1024;

/// A share of a limit may go at once; the rest is what trickles in, so that no
/// window of the API ever holds more than the limit.
token_bucket shared(double limit, double seconds, double burst_share,
                    steady_time now) {
  const auto burst = std::max(1.0, limit * burst_share);
  const auto rate = std::max(limit - burst, limit * 0.5) / seconds;
  return {rate, burst, now};
}

} // namespace

double token_bucket::tokens_at(steady_time now) const {
  const std::chrono::duration<double> passed = now - last_;
  return std::min(burst_, tokens_ + std::max(0.0, passed.count()) * rate_);
}

std::chrono::milliseconds token_bucket::wait(steady_time now) const {
  const auto missing = 1.0 - tokens_at(now);
  if (missing <= 1e-9)
    return std::chrono::milliseconds{0};
  return std::chrono::milliseconds{
      static_cast<std::int64_t>(std::ceil(missing / rate_ * 1000.0))};
}

void token_bucket::take(steady_time now) {
  tokens_ = tokens_at(now) - 1.0;
  last_ = now;
}

void token_bucket::restart(steady_time now) {
  tokens_ = std::min(tokens_at(now), burst_ - 1.0);
  last_ = now;
}

bool token_bucket::is_full(steady_time now) const {
  return tokens_at(now) >= burst_;
}

pacer::pacer(double per_chat, double per_app, double per_minute,
             steady_time now)
    : per_chat_(per_chat), second_(shared(per_app, 1.0, 0.1, now)),
      minute_(shared(per_minute, 60.0, 0.25, now)) {}

std::chrono::milliseconds pacer::wait(const std::string& chat,
                                      steady_time now) const {
  auto longest = std::max(second_.wait(now), minute_.wait(now));
  if (const auto found = chats_.find(chat); found != chats_.end())
    longest = std::max(longest, found->second.wait(now));
  return longest;
}

void pacer::take(const std::string& chat, steady_time now) {
  second_.take(now);
  minute_.take(now);
  if (chat.empty())
    return;
  if (chats_.size() >= chats_before_sweep)
    forget_idle(now);
  // One at a time: bursts of a chat would break its limit in a sliding window.
  chats_.try_emplace(chat, per_chat_, 1.0, now).first->second.take(now);
}

void pacer::answered(const std::string& chat, steady_time now) {
  if (const auto found = chats_.find(chat); found != chats_.end())
    found->second.restart(now);
}

void pacer::forget_idle(steady_time now) {
  std::erase_if(chats_,
                [now](const auto& entry) { return entry.second.is_full(now); });
}

} // namespace telltale
