#include "config/nearest.hpp"

#include <algorithm>
#include <cstddef>

namespace telltale::config {

namespace {

/// How many single changes make one word the other; neighbours that changed
/// places count as one.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::vector<std::size_t>> cost(
      a.size() + 1, std::vector<std::size_t>(b.size() + 1));
  for (std::size_t i = 0; i <= a.size(); ++i)
    cost[i][0] = i;
  for (std::size_t j = 0; j <= b.size(); ++j)
    cost[0][j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i)
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t differs = a[i - 1] == b[j - 1] ? 0 : 1;
      cost[i][j] = std::min({cost[i - 1][j] + 1, cost[i][j - 1] + 1,
                             cost[i - 1][j - 1] + differs});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        cost[i][j] = std::min(cost[i][j], cost[i - 2][j - 2] + 1);
    }
  return cost[a.size()][b.size()];
}

/// No option's name comes near this length, and the table above grows with it.
constexpr std::size_t longest_name = 64;

} // namespace

std::string nearest(std::string_view given,
                    const std::vector<std::string>& known) {
  if (given.size() > longest_name)
    return {};
  std::string best;
  std::size_t least = given.size() / 3 + 2;
  for (const auto& word : known) {
    const auto d = distance(given, word);
    if (d < least && d < word.size()) {
      least = d;
      best = word;
    }
  }
  return best;
}

std::string did_you_mean(std::string_view given,
                         const std::vector<std::string>& known) {
  const auto word = nearest(given, known);
  return word.empty() ? std::string{} : " (did you mean " + word + "?)";
}

} // namespace telltale::config
