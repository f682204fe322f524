# Writes ${STEM}.hpp and ${STEM}.cpp with the bytes of the FILES (separated by
# `|`); run at build time by telltale_embed().
string(REPLACE "|" ";" FILES "${FILES}")

file(WRITE "${STEM}.hpp" "#pragma once
#include <span>
#include <string_view>
#ifndef TELLTALE_EMBEDDED_FILE
#define TELLTALE_EMBEDDED_FILE
namespace telltale {
/// A file compiled into the program.
struct embedded_file {
  std::string_view name;
  std::string_view content;
};
}
#endif
namespace telltale {
[[nodiscard]] std::span<const embedded_file> embedded_${NAME}() noexcept;
}
")

set(arrays "")
set(rows "")
set(number 0)
foreach(file IN LISTS FILES)
  get_filename_component(name "${file}" NAME)
  file(READ "${file}" hex HEX)
  string(REGEX REPLACE "(..)" "\\\\x\\1" bytes "${hex}")
  # 24 bytes a line: adjacent literals are one.
  string(REPEAT "." 96 line)
  string(REGEX REPLACE "(${line})" "\\1\"\n\"" bytes "${bytes}")
  string(APPEND arrays "constexpr char file_${number}[] =\n\"${bytes}\";\n")
  string(APPEND rows "  {\"${name}\", {file_${number}, sizeof file_${number} - 1}},\n")
  math(EXPR number "${number} + 1")
endforeach()

file(WRITE "${STEM}.cpp" "#include \"embedded/${NAME}.hpp\"
namespace telltale {
namespace {
${arrays}constexpr embedded_file files[] = {
${rows}};
}
std::span<const embedded_file> embedded_${NAME}() noexcept {
  return files;
}
}
")
