#include "actors/persistence/lifecycle/retry_policy.hpp"

#include <algorithm>
#include <cmath>

namespace telltale {

namespace {

/// The rule for one reason, with nothing left open.
struct retry_rule {
  std::uint32_t attempts = 0; ///< ceiling; 0 or 1: never retried
  std::chrono::milliseconds base{0};
  double factor = 2.0;
  std::chrono::milliseconds cap{std::chrono::minutes{5}};
};

/// The taxonomy's rule, and over it what the configuration says. A runner's own
/// word may have a rule of its own.
retry_rule rule_of(const config::retry_config& retry, const failure_reason& why,
                   std::string_view reported) {
  retry_rule rule;
  const auto* alias = find_alias(reported);
  const bool has_own = alias != nullptr && alias->attempts > 0;
  if (const auto* row = find_reason(why.wire); row != nullptr && row->retried) {
    rule.attempts = row->attempts;
    rule.base = row->base;
  }
  if (has_own) {
    rule.attempts = alias->attempts;
    rule.base = alias->base;
  }
  const auto found =
      retry.reasons.find(has_own ? std::string{reported} : why.wire);
  if (found == retry.reasons.end())
    return rule;
  const auto& told = found->second;
  if (told.attempts)
    rule.attempts = static_cast<std::uint32_t>(*told.attempts);
  rule.base = told.base.value_or(rule.base);
  rule.factor = told.factor.value_or(rule.factor);
  rule.cap = told.cap.value_or(rule.cap);
  return rule;
}

std::chrono::milliseconds wait_of(const retry_rule& rule, double jitter,
                                  std::uint32_t earlier_retries,
                                  double chance) {
  const auto cap = static_cast<double>(rule.cap.count());
  const auto grown = static_cast<double>(rule.base.count())
                     * std::pow(rule.factor, earlier_retries);
  const auto longest = std::min(grown, cap); // an overflow is infinite: capped
  const auto spread = jitter * (1.0 - std::clamp(chance, 0.0, 1.0));
  return std::chrono::milliseconds{std::llround(longest * (1.0 - spread))};
}

} // namespace

bool has_claimants(const task_record& task, bool kind_is_claimed) {
  if (task.dispatched)
    return false;
  return task.claimed
         || (task.asks_attempts && task.max_attempts > 1 && kind_is_claimed);
}

std::optional<retry_choice>
choose_retry(const config::retry_config& retry, const failure_reason& why,
             std::uint32_t attempt, std::uint32_t max_attempts, double chance,
             std::string_view reported) {
  if (max_attempts <= 1)
    return std::nullopt;
  const auto rule = rule_of(retry, why, reported);
  if (rule.attempts <= 1)
    return std::nullopt;
  const auto ceiling = std::max(max_attempts, rule.attempts);
  if (attempt >= ceiling)
    return std::nullopt;
  retry_choice choice;
  choice.wait =
      wait_of(rule, retry.jitter, attempt > 0 ? attempt - 1 : 0, chance);
  choice.awaits_runner = why == failure_reason{reason::runtime_offline};
  return choice;
}

} // namespace telltale
