#include "actors/relay/delivery/circuit.hpp"

namespace telltale {

bool circuit::is_open(const std::string& chat) const noexcept {
  return opened_ == scope::all
         || (opened_ == scope::chat && chat == held_back_);
}

void circuit::forget_failures() {
  failures_ = 0;
  several_ = false;
  only_chat_.clear();
}

void circuit::close() {
  opened_ = scope::none;
  held_back_.clear();
  waits_.reset();
}

void circuit::answered(const std::string& chat, steady_time now) {
  seen_answer_ = true;
  answered_at_ = now;
  forget_failures();
  // That other chats are well says nothing of one that is held back alone.
  if (is_open(chat))
    close();
}

void circuit::throttled(const std::string& chat) {
  if (is_open(chat)) {
    forget_failures();
    close();
  }
}

bool circuit::failed(const std::string& chat, steady_time started,
                     steady_time now) {
  if (is_open(chat)) {
    // Those that were under way when it opened say nothing new.
    if (started >= opened_at_) {
      opened_at_ = now;
      probe_at_ = now + waits_.next();
    }
    return false;
  }
  if (failures_ == 0)
    only_chat_ = chat;
  else if (chat != only_chat_)
    several_ = true;
  ++failures_;
  const bool quiet = !seen_answer_ || now - answered_at_ >= quiet_to_open;
  if (failures_ < failures_to_open || !quiet)
    return false;
  const bool all = several_ || chat.empty() || opened_ == scope::chat;
  opened_ = all ? scope::all : scope::chat;
  held_back_ = all ? std::string{} : chat;
  opened_at_ = now;
  waits_.reset();
  probe_at_ = now + waits_.next();
  return true;
}

std::chrono::milliseconds circuit::until_probe(steady_time now) const {
  if (now >= probe_at_)
    return std::chrono::milliseconds{0};
  return std::chrono::ceil<std::chrono::milliseconds>(probe_at_ - now);
}

std::chrono::milliseconds circuit::wait(const std::string& chat,
                                        steady_time now) const {
  return is_open(chat) ? until_probe(now) : std::chrono::milliseconds{0};
}

std::chrono::milliseconds circuit::wait(steady_time now) const {
  return is_open() ? until_probe(now) : std::chrono::milliseconds{0};
}

} // namespace telltale
