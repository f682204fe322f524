#pragma once

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <initializer_list>
#include <string>
#include <string_view>

// What the fuzz targets share. `scripts/test --fuzz` says how they are run.

namespace telltale::fuzzing {

/// Stands for what must never be repeated: in a target's input each `$` becomes
/// one.
inline constexpr std::string_view canary = "kQ7vZ2xW9r";

/// Ends the program, so that libFuzzer keeps the input, if a promise is broken.
inline void demand(bool holds, const char* what, std::string_view out = {}) {
  if (holds)
    return;
  std::fprintf(stderr, "broken promise: %s\n%.*s\n", what,
               static_cast<int>(out.size()), out.data());
  std::abort();
}

/// What is told of an error: short, on one line, nothing of what came.
inline void demand_quiet(std::string_view told, std::size_t most = 300) {
  demand(told.size() <= most, "an error is short", told);
  demand(told.find(canary) == std::string_view::npos,
         "an error repeats nothing", told);
  for (const char c : told)
    demand(static_cast<unsigned char>(c) >= 0x20, "an error is one line", told);
}

inline std::string with_canaries(std::string_view text) {
  std::string out;
  for (const char c : text)
    if (c == '$')
      out.append(canary);
    else
      out.push_back(c);
  return out;
}

/// Writes seeds to the folder that TELLTALE_SEEDS names, if it names one.
template <class Seeds> void write_seeds(const Seeds& seeds) {
  const char* folder = std::getenv("TELLTALE_SEEDS");
  if (folder == nullptr)
    return;
  std::size_t number = 0;
  for (const std::string_view seed : seeds)
    std::ofstream{std::string{folder} + "/made-" + std::to_string(number++),
                  std::ios::binary}
        << seed;
}

inline void write_seeds(std::initializer_list<std::string_view> seeds) {
  write_seeds<std::initializer_list<std::string_view>>(seeds);
}

} // namespace telltale::fuzzing
