#pragma once

#include <span>
#include <string>
#include <string_view>

namespace telltale {

/// What people read, in one language. Compiled in from config/locales/; a file
/// with a missing text stops the program at its first use, and fails the tests
/// before. Any thread.
class catalog {
public:
  /// The catalogue of a locale; of the language if only that is known (`zh`,
  /// `zh_CN`), else of `fallback`, else the English one.
  [[nodiscard]] static const catalog& of(std::string_view locale,
                                         std::string_view fallback = "en");

  /// The circumstances that each catalogue has a sentence for.
  [[nodiscard]] static std::span<const std::string_view> circumstances();

  /// Every locale there is, English first.
  [[nodiscard]] static std::span<const std::string_view> locales();

  /// What happened and what to do next. A value outside the taxonomy gets the
  /// default copy: people never read a raw enum value.
  [[nodiscard]] const std::string& copy(std::string_view reason) const;

  /// A few words for a list, such as `runner offline`.
  [[nodiscard]] const std::string& brief(std::string_view reason) const;

  [[nodiscard]] const std::string& default_copy() const noexcept;
  [[nodiscard]] const std::string& recovered() const noexcept;

  /// What happened and what to do next in a circumstance; throws
  /// `std::out_of_range` if it is unknown.
  [[nodiscard]] const std::string& circumstance(std::string_view key) const;

  /// Of `[words]`; throws `std::out_of_range` if there is none.
  [[nodiscard]] const std::string& phrase(std::string_view key) const;

  [[nodiscard]] std::string_view locale() const noexcept;

  struct contents;
  explicit catalog(const contents& all) noexcept : all_(all) {}

private:
  const contents& all_;
};

/// Puts numbers and words in the place of `{name}`.
[[nodiscard]] std::string fill(std::string pattern, std::string_view name,
                               std::string_view value);

} // namespace telltale
