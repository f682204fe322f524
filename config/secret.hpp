#pragma once

#include <ostream>
#include <string>
#include <utility>

namespace telltale::config {

/// A credential: it can be used, compared and wiped from view, not printed.
class secret {
public:
  secret() = default;
  explicit secret(std::string value) : value_(std::move(value)) {}

  /// The value itself, for the one place that sends or compares it.
  [[nodiscard]] const std::string& reveal() const noexcept { return value_; }
  [[nodiscard]] bool empty() const noexcept { return value_.empty(); }

  bool operator==(const secret&) const = default;

  friend std::ostream& operator<<(std::ostream& out, const secret&) {
    return out << "***";
  }

private:
  std::string value_;
};

[[nodiscard]] inline std::string to_string(const secret&) {
  return "***";
}

} // namespace telltale::config
